/** Installed version of each peer by package name, put in when the page is built. */
declare const __PEER_VERSIONS__: Readonly<Record<string, string>>;
