import { testRowsOverMongo } from '../test-rows.js';
import { mongoStore } from './mongo-store.js';

testRowsOverMongo('faults: store', mongoStore);
