// One thread of the WebAssembly device's pool, for browsers (module worker) and Node (worker_threads). It instantiates the modules
// that it is sent and then waits in shared memory for dispatches, of which it takes ranges of workgroups until none are left.
// The words of the control block are those of threads.ts.
const port = typeof self === 'undefined' ? require('node:worker_threads').parentPort : self;
const listen = (handler) =>
  port.on ? port.on('message', handler) : port.addEventListener('message', (event) => handler(event.data));

const JOB = 0;
const KERNEL = 1;
const ARGS = 2;
const NEXT = 3;
const END = 4;
const RANGE = 5;
const GRID_X = 6;
const GRID_Y = 7;
const OPEN = 8;
const ACTIVE = 9;
const LEAVE = 10;
const LEFT = 11;
/** Looks at the job number this often before it sleeps: a step's dispatches follow each other within microseconds. */
const SPINS = 2000;

let memory;
let control;
let number = 0;
let argsStride = 0;
const kernels = [];

function serve(from) {
  let seen = from;
  for (;;) {
    for (let i = 0; i < SPINS && Atomics.load(control, JOB) === seen; i++);
    while (Atomics.load(control, JOB) === seen) Atomics.wait(control, JOB, seen);
    seen = Atomics.load(control, JOB);
    if (Atomics.load(control, LEAVE) !== 0) {
      Atomics.add(control, LEFT, 1);
      Atomics.notify(control, LEFT);
      return;
    }
    // In this order: either this thread sees that the job is closed, or the caller sees that it is at work and waits for it.
    Atomics.add(control, ACTIVE, 1);
    if (Atomics.load(control, OPEN) === 1) work();
    if (Atomics.sub(control, ACTIVE, 1) === 1) Atomics.notify(control, ACTIVE);
  }
}

/** Takes ranges of the open job until none are left. */
function work() {
  const kernel = kernels[control[KERNEL]];
  const args = control[ARGS] + number * argsStride;
  const end = control[END];
  const range = control[RANGE];
  for (let at = Atomics.add(control, NEXT, range); at < end; at = Atomics.add(control, NEXT, range)) {
    kernel(args, at, Math.min(at + range, end), control[GRID_X], control[GRID_Y]);
  }
}

listen((message) => {
  if (message.start) {
    memory = message.start.memory;
    number = message.start.number;
    argsStride = message.start.argsStride;
    control = new Int32Array(memory.buffer, message.start.control, 16);
    port.postMessage('ready');
  } else if (message.module) {
    const { exports } = new WebAssembly.Instance(message.module, { env: { memory } });
    for (let i = 0; i < message.count; i++) kernels[message.first + i] = exports[`k${i}`];
  } else if (message.serve !== undefined) {
    serve(message.serve);
  }
});
