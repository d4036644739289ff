// adminsections.js -- the sections of the admin page, in the order of the navigation: one table.
//
// A section is {id, group, every, load(arg), draw(place, data, arg), tools(place, arg)?, enter(place, arg)?, leave()?}; words().sections[id] has its name and
// what it is for. load() asks the server; draw() shows what it answered, again every `every` milliseconds (0: when asked, and until the first answer). tools() makes
// what stays while the data change: forms, filters. arg: what follows the id in the address's hash, decoded; '' without it.
import { cache } from './admincache.js';
import { curation } from './admincuration.js';
import { dead } from './admindead.js';
import { events } from './adminevents.js';
import { jobs } from './adminjobs.js';
import { keys } from './adminkeys.js';
import { kpi } from './adminkpi.js';
import { logs } from './adminlogs.js';
import { overview } from './adminoverview.js';
import { processes } from './adminprocesses.js';
import { queries } from './adminqueries.js';
import { settings } from './adminsettings.js';
import { sockets } from './adminsockets.js';
import { topics } from './admintopics.js';
import { traces } from './admintraces.js';
import { users } from './adminusers.js';

export const GROUPS = ['now', 'flow', 'find', 'people', 'run'];	/* words().groups */

export const sections = [overview, processes, sockets, topics, dead, cache, queries, logs, traces, events, users, keys, settings, curation, jobs, kpi];
