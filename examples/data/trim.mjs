// Makes earthquakes.json of a USGS "all_week.geojson":
//
//   node examples/data/trim.mjs all_week.geojson > examples/data/earthquakes.json
//
// Keeps what the example uses, oldest first, one record a line; numbers and texts are those of the feed.
import { readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node examples/data/trim.mjs all_week.geojson > examples/data/earthquakes.json');
  process.exit(2);
}

const feed = JSON.parse(readFileSync(file, 'utf8'));
const columns = ['id', 'type', 'time', 'magnitude', 'place', 'longitude', 'latitude', 'depthKm'];
const rows = feed.features
  .map(({ id, properties, geometry }) => [id, properties.type, properties.time, properties.mag, properties.place, ...geometry.coordinates])
  .sort((a, b) => a[2] - b[2] || (a[0] < b[0] ? -1 : 1));

const head = { source: feed.metadata.url, generated: feed.metadata.generated, columns };
process.stdout.write(`${JSON.stringify(head).slice(0, -1)},"rows":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`);
