/** The same object with some of its members replaced; the others go on working on the original. */
export function over<T extends object>(original: T, replaced: Partial<T>): T {
  return new Proxy(original, {
    get(target, name): unknown {
      if (name in replaced) return Reflect.get(replaced, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
