/**
 * The one catalogue of errors: a code, a sentence that names the fix, whether a retry can help, and the HTTP status
 * where a server answers with it. Holes `{like this}` are filled by the thrower.
 */
const entry = <const S extends string>(sentence: S, retry: boolean, status = 500) =>
  ({ sentence, retry, status }) as const;

export const CATALOGUE = {
  // config
  "config-invalid": entry("{where}: {key} {what}.", false, 400),
  "config-unreadable": entry("{where} cannot be read: {what}.", false),
  // event
  "json-invalid": entry("{where} is not valid JSON: {what} at line {line}, column {column}.", false, 400),
  "not-utf8": entry("{where} is not valid UTF-8: send UTF-8.", false, 400),
  "json-poisoned": entry("{where} has the key {path}, which could alter other objects: rename it.", false, 400),
  "json-too-deep": entry("{where} nests deeper than {limit} levels at {path}: flatten it.", false, 400),
  "event-invalid": entry("{event} is refused: {attribute} {what}; expected {expected}.", false, 400),
  "event-media-type": entry("{event} is refused: {what}; send {expected}.", false, 415),
  // log
  "log-closed": entry("The log is closed: nothing more is accepted.", false),
  "log-subscription-closed": entry("The subscription was closed before it had caught up.", false),
  "log-record-invalid": entry("A record of topic {topic} cannot be appended: {what}.", false, 400),
  "log-record-too-large": entry(
    "The {part} of a record of topic {topic} has {bytes} bytes, at most {limit} are accepted: say less in it, or split it.",
    false,
    413,
  ),
  "log-append-too-large": entry(
    "One append of {amount} is too much, at most {limit} are accepted: append in smaller groups.",
    false,
    413,
  ),
  "log-position-invalid": entry(
    "{what} is no position in topic {topic}: use a partition and an offset of a record.",
    false,
    400,
  ),
  "log-disk-full": entry(
    "No room is left on the disk of {dir}: free some, or make the volume larger. Appending goes on as soon as there is room.",
    true,
    507,
  ),
  "log-not-writable": entry(
    "{dir} cannot be written ({what}): mount it read-write and give this user the right to write, or name another directory.",
    false,
  ),
  "log-disk-failing": entry(
    "The disk of {dir} fails ({what}). What was being appended is not kept; look at the volume and the kernel's messages, and append again.",
    true,
    503,
  ),
  "log-unreadable": entry("{file} cannot be read ({what}): look at the volume and at who may read it.", true),
  "log-locked": entry("{dir} is in use by process {pid}: stop that one, or name another directory.", false, 409),
  "log-lock-lost": entry(
    "Another process has taken over {dir}, this one no longer writes to it: run one at a time, and start this one again.",
    false,
    409,
  ),
  "log-version-newer": entry(
    "{file} was written by a newer version (format {found}, this one knows {known}): start that version, or name another directory.",
    false,
  ),
  "log-not-found": entry("{dir} holds no log: name the directory of one, or start a writer there first.", false, 404),
  "log-read-only": entry(
    "The log in {dir} was opened to be read only: open it without readOnly to append or commit.",
    false,
    409,
  ),
  "log-kafka-unreachable": entry(
    "Kafka at {brokers} does not do what is asked ({doing}, for {seconds} s): {what}. Nothing is lost: it is tried again until it works. Look at the brokers and the network.",
    true,
    503,
  ),
  "log-kafka-full": entry(
    "{bytes} bytes wait for Kafka already, at most {limit} may: nothing of this append was taken. Append it again when Kafka takes what waits; look at the brokers and the network.",
    true,
    503,
  ),
  "log-kafka-compacted": entry(
    "Topic {topic} is compacted, and Kafka drops nothing of such a topic below an offset: append a tombstone (no value) for each key that is not needed any more.",
    false,
    409,
  ),
  "log-kafka-refused": entry(
    "Kafka refuses what concerns {topic}: {what}. Mend the rights of this user, or the topic.",
    false,
    502,
  ),
  "log-kafka-too-large": entry(
    "Kafka refuses {bytes} bytes for topic {topic} as too large: raise the topic's max.message.bytes, or append less at once.",
    false,
    413,
  ),
  "log-kafka-unreadable": entry(
    "Topic {topic} of Kafka, partition {partition}, holds {what} at offset {offset}, which cannot be read here (gzip can): set the topic's compression.type to gzip, let its writers write anew, and drop what is below offset {next} with kafka-delete-records.sh.",
    false,
  ),
  "log-kafka-gone": entry(
    "Records {from} to {to} of topic {topic}, partition {partition}, are no longer kept and were not read: keep the topic longer, or read it sooner.",
    false,
  ),
  "log-kafka-topic": entry("Topics of Kafka are not as they must be: {what}.", false),
  "log-topic-unknown": entry("Topic {topic} is none of Roundsman's: name one of broker/topics.ts.", false, 404),
  "log-partition-lost": entry(
    "Partition {partition} of topic {topic} belongs to another member of its group by now: its work is done there.",
    true,
    409,
  ),
  // kube
  "kube-config-unreadable": entry(
    "The kubeconfig {file} cannot be read: {what}. Name another one with --kubeconfig or KUBECONFIG.",
    false,
  ),
  "kube-config-invalid": entry("The kubeconfig {file}: {what}. Mend it, or name another one with --kubeconfig.", false),
  "kube-context-unknown": entry(
    "{context} in the kubeconfig {file}. Contexts there: {contexts}. Choose one with --context.",
    false,
  ),
  "kube-in-cluster-invalid": entry(
    "The in-cluster account in {dir} cannot be used: {what}. Mount the ServiceAccount's token, or name a cluster with --kubeconfig.",
    false,
  ),
  "kube-auth-unsupported": entry(
    "The user {user} of {source} logs in by {what}, which is not supported: {fix}.",
    false,
  ),
  "kube-credentials": entry("No credentials for {server} from {source}: {what}.", true, 502),
  "kube-proxy-unsupported": entry(
    "{source} names the proxy {proxy}, which is not supported: use an http:// or https:// proxy, or list the API server in NO_PROXY.",
    false,
  ),
  "kube-unreachable": entry("{server} cannot be reached: {what}. {check}.", true, 502),
  "kube-interrupted": entry("The connection to {server} broke off: {what}. Ask again.", true, 502),
  "kube-malformed": entry(
    "{server} answered {what} with something that is not the Kubernetes API's JSON: look for a proxy or login page in between.",
    true,
    502,
  ),
  "kube-too-large": entry(
    "An answer of {server} to {what} passes {limit} bytes: list with a lower limit, or read its metadata only.",
    false,
    502,
  ),
  "kube-unauthorized": entry(
    "{server} does not accept the credentials of {source}: {message}. Renew the token or certificate.",
    false,
    502,
  ),
  "kube-forbidden": entry(
    "{server} forbids to {verb} {resource}: {message}. Grant the rule {rule}; `roundsman rbac` prints all that are needed.",
    false,
    502,
  ),
  "kube-not-found": entry(
    "{server} has no {what}: {message}. Look at its name and at what `kubectl api-resources` lists.",
    false,
    404,
  ),
  "kube-conflict": entry("{server} refuses to {what}: {message}. Read the object again and decide anew.", false, 409),
  "kube-gone": entry(
    "{server} no longer has the state asked for ({what}): {message}. List again from the start.",
    true,
    410,
  ),
  "kube-throttled": entry("{server} asks to come slower ({what}): {message}. Ask again in {retryAfter} ms.", true, 503),
  "kube-failed": entry(
    "{server} failed with status {status} ({what}): {message}. Ask again; its log says more.",
    true,
    502,
  ),
  "kube-refused": entry("{server} refuses with status {status} ({what}): {message}. Mend the request.", false, 502),
  "kube-closed": entry("The client of {server} is closed: nothing more is asked.", false, 503),
  // standalone
  "cluster-lost": entry(
    "Another watcher took the cluster {cluster}: this one stops. Run one watcher per cluster and data directory.",
    false,
  ),
  "lease-lost": entry(
    "The Lease {lease} could not be renewed in time, and may be another's by now: this one ends, so that no two of them write.",
    false,
    409,
  ),
  "ledger-overtaken": entry(
    "Another ledger is in charge: this one stops. Run one, or several behind one Lease (--lease).",
    false,
    409,
  ),
  "port-taken": entry(
    "Port {port} of {address} is in use: stop what listens there, or choose another with --port.",
    false,
  ),
  // cli
  "not-running": entry(
    "No Roundsman answers at {url} ({what}): start one with `roundsman start`, or name it with --url, or read a stopped one's data with --data.",
    true,
  ),
  "words-unclear": entry("{text} {what}: give {wanted}.", false),
  "answered-badly": entry("{url} answered {status}: {what}.", false),
  "data-unreadable": entry("{data} cannot be read: {what}.", false),
  "finding-unknown": entry(
    "No finding begins with {fingerprint}: `roundsman findings --state all` lists them.",
    false,
    404,
  ),
  "finding-ambiguous": entry("{count} findings begin with {fingerprint}: {all}.", false, 409),
  "dump-unreadable": entry(
    "{file} cannot be read as a dump: {what}. Give what `kubectl get … -o json` or `-o yaml` printed.",
    false,
  ),
  "folder-taken": entry("{dir} {what}: name a folder that is empty, or is not there yet.", false),
  "tests-missing": entry("{dir} cannot be tested: {what}.", false),
  // alert
  "sink-unreachable": entry(
    "{url} did not take a notice: {what}. It is tried again, not before {retryAfter} ms.",
    true,
    502,
  ),
  "sink-refused": entry(
    "{url} refuses a notice with status {status}: mend its URL, its headers or the receiver.",
    false,
    502,
  ),
  // defender
  "defender-unavailable": entry(
    "The defender cannot write its journal ({what}), so nothing is granted. Ask again when it can.",
    true,
    503,
  ),
  "defender-snapshot-format": entry(
    "The defender's snapshot is of format {found}, this version knows up to {known}: the one before it, or the records themselves are read.",
    false,
    500,
  ),
  "defender-stopped": entry(
    "The defender has stopped ({what}): nothing is granted. Look at its log, start it again.",
    true,
    503,
  ),
  "defender-log-hole": entry(
    "Topic `defender` goes on at offset {at} where {wanted} was wanted: inputs are gone, and grants perhaps with them, so nothing is granted. Where they cannot be brought back: stop all defenders, delete the topics `defender` and `defender-snapshots`, start, then `roundsman defender init`.",
    false,
    503,
  ),
  "request-invalid": entry("The request is refused: {field} {what}.", false, 400),
  "act-refused": entry("It had no effect: {what}.", false, 409),
  "decision-unknown": entry("No decision has the id {id}: `roundsman audit` lists them, newest first.", false, 404),
  // who asks the defender
  "defender-unreachable": entry("The defender at {url} did not answer ({what}), which means no. Ask again.", true, 502),
  "defender-refused": entry(
    "The defender at {url} refuses to be asked, with status {status}, which means no: {what}.",
    false,
    502,
  ),
  "defender-not-believed": entry("The defender at {url} answered {what}, which means no.", true, 502),
  // callers
  "caller-unknown": entry(
    "{what}: send the header `Authorization: Bearer TOKEN` with a token that is known here; the CLI takes it from ROUNDSMAN_TOKEN or --token-file.",
    false,
    401,
  ),
  "caller-forbidden": entry(
    "{name} may not do this: it needs the permission `{permission}`. Whoever keeps the list of callers can give it.",
    false,
    403,
  ),
  "callers-unavailable": entry("Who calls cannot be found out ({what}), so nothing is let in. Ask again.", true, 503),
  "host-refused": entry('This server is not known as "{host}": call it as {known}.', false, 403),
  // functions over HTTP
  "event-too-large": entry(
    "The body has more than {limit} bytes: send fewer events at once, or less in each.",
    false,
    413,
  ),
  "function-busy": entry("{most} requests are under way, more are not taken: come again in {seconds} s.", true, 429),
  "function-late": entry(
    "The function was not done within {deadline} ms: send it again, or fewer events at once.",
    true,
    504,
  ),
  "function-failed": entry("The function failed; its log says why.", true, 500),
  "function-reply-invalid": entry("What the function answered is no event ({what}): mend the function.", false, 500),
  // dispatch over HTTP
  "dispatch-unavailable": entry(
    "{url} takes nothing for now ({what}): it is asked again in {retryAfter} ms.",
    true,
    503,
  ),
  "dispatch-broken": entry("{url} broke off before it had answered: {what}. It is asked again.", true, 502),
  "dispatch-failed": entry("{url} did not answer as a function does: {what}. It is asked again.", true, 502),
  "dispatch-refused": entry("{url} refuses it with status {status} ({what}): it is set aside.", false, 502),
  // records that are set aside
  "record-newer": entry(
    "It is of type {type}, which a later version writes; this one knows {known}: update this one, then replay it.",
    false,
  ),
  "record-invalid": entry("Its data cannot be used: {what}.", false),
  "config-record-unreadable": entry(
    "Topic config holds {key} as something that cannot be read ({what}), and nothing that was good before: write the configuration anew, by a start with --config.",
    false,
  ),
  "letter-unknown": entry("There is no dead letter {letter}: `roundsman dead-letters` lists them.", false, 404),
  "replay-refused": entry("Dead letter {letter} is not replayed: {what}.", false, 409),
  "subscription-unknown": entry("No AlertSubscription {subscription} is configured; there are: {known}.", false, 404),
  // cases
  "case-invalid": entry("{where}: {field} {what}.", false),
  "path-invalid": entry(
    "{where}: the path \"{path}\" {what}; write a.b, a[].b, a[type=Ready].b, a['k8s.io/x'] or a[$param].",
    false,
  ),
  "param-unusable": entry("{where}: the param {param} {what}.", false),
  "params-invalid": entry("{where}: params.{field} {what}.", false),
  "cases-unreadable": entry(
    "Cases cannot be read from {path}: {what}. Name a folder with TypeScript files that export cases.",
    false,
  ),
  "case-error": entry("{message}", false),
  "probe-not-allowed": entry('The probe may not {verb} {what}: add "{verb} {what}" to its `needs`.', false, 403),
  "problem-invalid": entry("the problem's {field} {what}.", false),
  "problem-twice": entry(
    'two problems of one identity under key {key} ({message} is the second): give them different "rule"s, or "per" a row.',
    false,
  ),
  "too-many-rows": entry(
    'read "{read}" has {count} rows under one key where rows: "{wanted}" is wanted; make `by` or `where` narrower, or take "1+".',
    false,
  ),
  "duration-invalid": entry(
    '{field}: "{text}" is no duration; write a number and a unit, such as 30s, 10m, 2h or 7d.',
    false,
    400,
  ),
  // executor
  "operation-refused": entry("{operation} of {target} is not done: {what}.", false, 409),
  "operation-braked": entry("{operation} of {target} stops: {what}. Done so far: {soFar}.", false, 409),
  "executor-stopped": entry(
    "The executor stops in the middle of {operation} of {target}: the next one looks what came of it.",
    false,
    503,
  ),
  "post-refused": entry("{url} is not called, or did not take it: {what}.", false, 502),
  "post-unanswered": entry("{url} gave no clear answer: {what}. It is not asked again.", false, 502),
  // practice
  "practice-port": entry(
    "The practice cluster cannot listen on 127.0.0.1:{port}: {what}. Choose another port, or 0 for any that is free.",
    false,
  ),
} as const;

export type Code = keyof typeof CATALOGUE;
type Holes<S extends string> = S extends `${string}{${infer H}}${infer Rest}` ? H | Holes<Rest> : never;
export type Details<C extends Code> = { readonly [H in Holes<(typeof CATALOGUE)[C]["sentence"]>]: string | number };

/** What ends a sentence by itself takes no full stop. */
const fill = (text: string, stop: string): string => (/\w\.$|[?!]$/.test(text) ? text : text + stop);

const BRAND = Symbol.for("roundsman.error");

/** An error of the catalogue. `message` is the sentence, `details` what filled its holes. */
export class RoundsmanError extends Error {
  override readonly name = "RoundsmanError";
  readonly code: Code;
  readonly retry: boolean;
  readonly status: number;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: Code, details: Readonly<Record<string, string | number>>, options?: { cause?: unknown }) {
    const { sentence, retry, status } = CATALOGUE[code];
    super(
      sentence.replace(/\{(\w+)\}(\.?)/g, (_, hole: string, stop: string) => fill(String(details[hole] ?? "?"), stop)),
      options,
    );
    this.code = code;
    this.retry = retry;
    this.status = status;
    this.details = details;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Makes an error of the catalogue; the holes of its sentence are checked by tsc. */
export const fault = <C extends Code>(code: C, details: Details<C>, cause?: unknown): RoundsmanError =>
  new RoundsmanError(code, details, cause === undefined ? undefined : { cause });

/** Also true for an error that came from another copy of this module. */
export const isFault = (e: unknown, code?: Code): e is RoundsmanError =>
  typeof e === "object" &&
  e !== null &&
  BRAND in e &&
  (code === undefined || (e as unknown as RoundsmanError).code === code);

/** What any thrown value says, in one line. */
export const sayError = (e: unknown): string => (e instanceof Error ? e.message : String(e));
