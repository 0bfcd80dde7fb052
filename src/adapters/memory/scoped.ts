import type { Scope } from '../../port/names.js';

/** Things by scope and name. Nested, because joining three names costs more than three look-ups, and needs no separator. */
export class Scoped<V> {
  readonly #tenants: Map<string, Map<string, Map<string, V>>> = new Map();

  get(scope: Scope, name: string): V | undefined {
    return this.#tenants.get(scope.tenantId)?.get(scope.namespace)?.get(name);
  }

  set(scope: Scope, name: string, value: V): void {
    let namespaces = this.#tenants.get(scope.tenantId);
    if (namespaces === undefined) this.#tenants.set(scope.tenantId, (namespaces = new Map<string, Map<string, V>>()));
    let values = namespaces.get(scope.namespace);
    if (values === undefined) namespaces.set(scope.namespace, (values = new Map<string, V>()));
    values.set(name, value);
  }

  delete(scope: Scope, name: string): void {
    this.#tenants.get(scope.tenantId)?.get(scope.namespace)?.delete(name);
  }

  /** What one scope holds, in the order in which it came. */
  in(scope: Scope): readonly V[] {
    return [...(this.#tenants.get(scope.tenantId)?.get(scope.namespace)?.values() ?? [])];
  }

  *[Symbol.iterator](): Generator<V> {
    for (const namespaces of this.#tenants.values()) for (const values of namespaces.values()) yield* values.values();
  }
}
