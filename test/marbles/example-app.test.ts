// The marble test of the first example app. It stands beside the app; importing it is what runs it.
import '../../examples/earthquakes/alerts.marbles.test.js';
