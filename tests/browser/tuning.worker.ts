/** Reads what the page has stored, as a lab's worker would. */
import { indexedDbStore } from '../../engine/device/tuning/indexeddb-store.ts';
import { readRecord } from '../../engine/device/tuning/record.ts';

const found = readRecord(await indexedDbStore('tuning-test').load('acme | one'), 'acme | one');
self.postMessage([...(found ?? [])]);
