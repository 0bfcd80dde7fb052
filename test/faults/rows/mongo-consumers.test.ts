import { testRowsOverMongo } from '../test-rows.js';
import { consumers } from './consumers.js';
import { quiet } from './quiet.js';

testRowsOverMongo('faults: consumers', [...quiet, ...consumers]);
