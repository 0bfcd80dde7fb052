import { testRowsOverMongo } from '../test-rows.js';
import { mongoDurability } from './mongo-durability.js';

testRowsOverMongo('faults: durability', mongoDurability);
