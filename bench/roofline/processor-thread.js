// One thread of the processor's roof, for browsers and Node (worker_threads): runs a function of the roof's module when it is told to.
const port = typeof self === 'undefined' ? require('node:worker_threads').parentPort : self;
const listen = (handler) =>
  port.on ? port.on('message', handler) : port.addEventListener('message', (event) => handler(event.data));

let functions;

listen(({ module, pages, run }) => {
  if (module) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    functions = new WebAssembly.Instance(module, { env: { memory } }).exports;
  } else {
    for (let i = 0; i < run.executions; i++) functions[run.name](...run.args);
  }
  port.postMessage('done');
});
