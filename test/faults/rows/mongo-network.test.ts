import { testRowsOverMongo } from '../test-rows.js';
import { mongoNetwork } from './mongo-network.js';

testRowsOverMongo('faults: network', mongoNetwork);
