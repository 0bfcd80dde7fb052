import { expect, test } from 'vitest';
import { flow } from '../support/flow.js';

test('asks nothing of the backend before it is subscribed', () => {
  const f = flow((f) => {
    f.publish('a');
    f.source();
  });
  expect(f.calls).toEqual([]);
  expect(f.stateOf('s')).toBe('gone');
});

test('emits nothing inside subscribe(), however fast the backend answers', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source());
    f.say('subscribed');
  }, { horizon: 0 });
  expect(f.log).toEqual(['0:subscribed', '0:got a#1']);
});

test('gives every subscribe() a consumer and a window of its own', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const source = f.source({ maxInFlight: 1 });
    f.see(source, '1 ');
    f.see(source, '2 ');
  }, { horizon: 0 });
  expect(f.log).toEqual(['0:1 got a#1', '0:2 got b#1']);
  expect(f.calls).toEqual(['0 claim 1', '0 claimed a#1', '0 c2 claim 1', '0 c2 claimed b#1']);
});

test('tells of a setup that fails through error, not by throwing and not inside subscribe()', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ maxDeliveries: 3 })).unsubscribe();
    f.see(f.source({ maxDeliveries: 4, onPolicyConflict: 'error' }));
    f.say('subscribed');
  });
  expect(f.log).toEqual(['0:subscribed', '0:error POLICY_CONFLICT']);
});

test('closes a line that opened only after its subscriber had left', () => {
  const f = flow((f) => {
    f.publish('a');
    const seen = f.see(f.source());
    f.at(5, () => { seen.unsubscribe(); });
  }, { faults: ({ op }) => (op === 'attach' ? { after: 10 } : undefined) });
  expect(f.log).toEqual([]);
  expect(f.calls).toEqual(['10 detach']);
  expect(f.state).toBe('waiting 1');
});

test('leaves no trace when it is unsubscribed in the call that subscribed it', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source()).unsubscribe();
  });
  expect(f.log).toEqual([]);
  expect(f.calls).toEqual(['0 detach']);
  expect(f.state).toBe('waiting 1');
});
