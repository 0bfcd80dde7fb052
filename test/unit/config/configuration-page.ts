import { expectedOf, optionRows, type OptionRow } from '../../../src/config/options.js';

const intro = `# Configuration

<!-- Made from src/config/options.ts. To change it, change that and run: npx vitest run test/unit/config -u -->

\`Chronow.init()\` without options is the embedded backend: no server, nothing kept beyond the process. Three ways to say more:

\`\`\`ts
await Chronow.init({ url: 'redis://user:password@host:6379/0' });                      // one text
await Chronow.init({ redis: { url: process.env.REDIS_URL, tls: true }, mongo: { uri } }); // options
await Chronow.init(configFromEnv());                                                   // variables
\`\`\`

A configuration is checked as a whole before anything is connected. Every problem comes in one \`CONFIG_INVALID\`: name, what was given, what is expected. Options of a wrong name are refused. Passwords, URLs with
passwords, keys and certificates are shown by no error, and printing a configuration from \`configFromEnv()\` shows none either.

## Which backend

| named by | backend | warm tier |
| --- | --- | --- |
| nothing, in code; \`url: 'memory:'\` | embedded | \`mongo.uri\` or \`chronos.config\` beside \`url\` |
| \`url\`, \`redis.url\`, \`redis.clusterNodes\` or \`redis.client\` of Redis | Redis | \`mongo.uri\` or \`chronos.config\` |
| \`url\` of MongoDB; \`mongoOnly\` with \`mongo.uri\` or \`chronos.config\` | MongoDB | the same connection, or \`chronos.config\` |

- Two different backends named is an error, and so are options of a backend that nothing names.
- \`url\` (\`CHRONOW_URL\`) wins over \`redis.*\` and \`mongo.uri\` of the same backend; what it does not say (password, TLS, database) is taken from them. User, password or database that \`redis.url\` and an option of their own say differently are an error.
- \`configFromEnv()\` never chooses the embedded backend by omission: without \`CHRONOW_URL\`, \`REDIS_URL\`, \`REDIS_CLUSTER_NODES\` or \`CHRONOW_MONGO_ONLY=true\` it throws \`CONFIG_NO_BACKEND\`. Say \`CHRONOW_URL=memory:\`.
- \`redis://\` with \`redis.tls\` true is TLS, as \`rediss://\` is. For clusters and sentinels: \`rediss+cluster://\`, \`rediss+sentinel://\`. A sentinel URL ends in the master's name: \`redis+sentinel://a:26379,b:26379/main/0\`.
- The hot tier of MongoDB is in the database \`chronow_hot\`. \`mongo.uri\` alone puts the warm tier of all tenants into \`chronos_messaging_default\`; \`chronos.config\` says a database for each tenant, and a tenant it does not
  list is \`UNKNOWN_TENANT\`.

Variables: white space around a value does not count, an empty one is not set, switches are \`true\` or \`false\`. The three \`REDIS_\` variables for visibility timeout, stream length and payload size hold on every backend.
`;

const sections: readonly (readonly [title: string, groups: readonly string[]])[] = [
  ['Backend', ['url', 'redis', 'mongoOnly', 'mongo', 'changeStreams', 'durability', 'allowUnsafe']],
  ['Client', ['namespace', 'tenantId', 'autoCreate', 'connect', 'connectTimeoutMs']],
  ['Defaults: what calls do that name nothing', ['defaults']],
  ['Warm tier and large payloads', ['chronos', 'warm', 'spaces']],
];

/** docs/configuration.md, from the table. */
export function configurationPage(): string {
  const parts = sections.map(([title, groups]) => `\n## ${title}\n\n| option | variable | default | must be | |\n| --- | --- | --- | --- | --- |\n${optionRows.filter(({ name }) => groups.includes(name.split('.')[0] ?? '')).map(line).join('')}`);
  return `${intro}${parts.join('')}`;
}

function line(row: OptionRow): string {
  const variable = row.env === undefined ? '' : `\`${row.env}\``;
  return `| \`${row.name}\` | ${variable} | ${defaultOf(row)} | ${escaped(`${expectedOf(row)}${row.unit === undefined ? '' : ` (${row.unit})`}`)} | ${row.about}${row.secret ? ' Never shown.' : ''} |\n`;
}

function defaultOf({ default: value }: OptionRow): string {
  if (value === undefined) return 'none';
  if (typeof value === 'number') return grouped(value);
  return typeof value === 'object' ? value.map(grouped).join(', ') : `\`${String(value)}\``;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function escaped(text: string): string {
  return text.replace(/([|*\\])/g, '\\$1').replace(/</g, '&lt;');
}
