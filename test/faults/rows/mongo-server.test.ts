import { testRowsOverMongo } from '../test-rows.js';
import { mongoServer } from './mongo-server.js';

testRowsOverMongo('faults: server', mongoServer);
