import { testRows } from '../test-rows.js';
import { store } from './store.js';

testRows('faults: store', store);
