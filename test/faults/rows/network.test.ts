import { testRows } from '../test-rows.js';
import { network } from './network.js';

testRows('faults: network', network);
