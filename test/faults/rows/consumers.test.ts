import { testRows } from '../test-rows.js';
import { consumers } from './consumers.js';

testRows('faults: consumers', consumers);
