export { schedulerRuntime, type SchedulerRuntimeOptions } from './scheduler-runtime.js';
