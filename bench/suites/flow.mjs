// How messages are sent and awaited, the same for every backend.
import { perSecond } from '../figures.mjs';

/** Runs `work(id)` for every id up to `count` in so many loops, each awaiting. */
export async function inLoops(loops, count, work) {
  let next = 0;
  const loop = async () => {
    while (next < count) {
      const id = next;
      next += 1;
      await work(id);
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
}

export function inBatches(size, count, work) {
  return perSecond(count, async () => {
    for (let at = 0; at < count; at += size) await work(Array.from({ length: Math.min(size, count - at) }, (_, index) => at + index));
  });
}

/** Fills a topic from outside, as fast as it goes. */
export async function fill(topic, count, itemOf) {
  const pages = Math.ceil(count / 1_000);
  await inLoops(4, pages, (page) => topic.publishBatch(Array.from({ length: Math.min(1_000, count - page * 1_000) }, (_, index) => itemOf(page * 1_000 + index))));
}

/** Resolves when the stream has emitted so often, and `onEach` has seen each. */
export function emissions(stream$, count, onEach = () => undefined) {
  return new Promise((resolve, reject) => {
    let seen = 0;
    const subscribed = stream$.subscribe({
      next: (value) => {
        seen += 1;
        onEach(value);
        if (seen === count) {
          subscribed.unsubscribe();
          resolve();
        }
      },
      error: reject,
    });
  });
}

/** At a steady pace, whatever the answers do; resolves when all of them are there. */
export function paced(count, gapMs, send) {
  return new Promise((resolve, reject) => {
    const answers = [];
    const start = performance.now();
    const tick = () => {
      while (answers.length < count && performance.now() - start >= answers.length * gapMs) answers.push(send(answers.length));
      if (answers.length < count) setTimeout(tick, 1);
      else Promise.all(answers).then(resolve, reject);
    };
    tick();
  });
}
