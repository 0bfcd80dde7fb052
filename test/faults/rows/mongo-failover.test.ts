import { testRowsOverMongo } from '../test-rows.js';
import { mongoFailover } from './mongo-failover.js';

testRowsOverMongo('faults: failover', mongoFailover);
