import { testRows } from '../test-rows.js';
import { server } from './server.js';

testRows('faults: server', server);
