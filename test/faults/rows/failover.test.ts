import { testRows } from '../test-rows.js';
import { failover } from './failover.js';

testRows('faults: failover', failover);
