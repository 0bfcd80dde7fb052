import { testRows } from '../test-rows.js';
import { durability } from './durability.js';
import { quiet } from './quiet.js';

testRows('faults: durability', [...quiet, ...durability]);
