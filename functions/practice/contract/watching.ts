import { ABSENT, ANY, get, patch, post, remove, type Step } from "./step.ts";
import { failure, MAPS, MERGE, map } from "./words.ts";

const META = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

const event = (type: string, name: string, more: object = {}) => ({
  type,
  object: { kind: "ConfigMap", apiVersion: "v1", metadata: { name }, ...more },
});
const watch = (query: string) => `${MAPS}?watch=true&timeoutSeconds=1${query}`;

/** Watches, resumed and fresh. */
export const WATCHING: readonly Step[] = [
  get("where a watch begins", MAPS, 200, ANY, { keep: { begin: "metadata.resourceVersion" } }),
  post("w made", MAPS, map("w", { labels: { seen: "yes" } }), 201, ANY, { keep: { rvw: "metadata.resourceVersion" } }),
  patch("w changed", `${MAPS}/w`, MERGE, { data: { n: "1" } }, 200),
  patch("w unseen", `${MAPS}/w`, MERGE, { metadata: { labels: { seen: "no" } } }, 200, ANY, {
    keep: { rvunseen: "metadata.resourceVersion" },
  }),
  patch("w changed unseen", `${MAPS}/w`, MERGE, { data: { n: "2" } }, 200),
  patch("w seen", `${MAPS}/w`, MERGE, { metadata: { labels: { seen: "yes" } } }, 200),
  remove("w gone", `${MAPS}/w`, undefined, 200),
  get("a watch tells everything since", watch("&resourceVersion={begin}"), 200, {
    events: [
      event("ADDED", "w"),
      event("MODIFIED", "w"),
      event("MODIFIED", "w"),
      event("MODIFIED", "w"),
      event("MODIFIED", "w"),
      event("DELETED", "w"),
    ],
  }),
  get("what leaves the selection is deleted", watch("&resourceVersion={begin}&labelSelector=seen%3Dyes"), 200, {
    events: [
      event("ADDED", "w"),
      event("MODIFIED", "w", { data: { n: "1" } }),
      { type: "DELETED", object: { metadata: { name: "w", resourceVersion: "{rvunseen}", labels: { seen: "yes" } } } },
      event("ADDED", "w", { data: { n: "2" } }),
      event("DELETED", "w"),
    ],
  }),
  get("a watch resumes", watch("&resourceVersion={rvunseen}&fieldSelector=metadata.name%3Dw"), 200, {
    events: [event("MODIFIED", "w", { data: { n: "2" } }), event("MODIFIED", "w"), event("DELETED", "w")],
  }),
  get("a watch without a version begins with all", watch("&labelSelector=tier"), 200, {
    events: [event("ADDED", "a"), event("ADDED", "c"), event("ADDED", "d")],
  }),
  get("so does one from 0", watch("&labelSelector=tier&resourceVersion=0"), 200, {
    events: [event("ADDED", "a"), event("ADDED", "c"), event("ADDED", "d")],
  }),
  get(
    "a streamed list ends with a bookmark",
    watch("&labelSelector=old&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"),
    200,
    {
      events: [
        event("ADDED", "d"),
        {
          type: "BOOKMARK",
          object: {
            kind: "ConfigMap",
            apiVersion: "v1",
            metadata: { resourceVersion: ANY, annotations: { "k8s.io/initial-events-end": "true" } },
          },
        },
      ],
    },
  ),
  get(
    "a watch of metadata",
    watch("&labelSelector=old"),
    200,
    {
      events: [
        {
          type: "ADDED",
          object: {
            kind: "PartialObjectMetadata",
            apiVersion: "meta.k8s.io/v1",
            metadata: { name: "d" },
            data: ABSENT,
          },
        },
      ],
    },
    { accept: META },
  ),
  get("a watch from the future waits", watch("&resourceVersion=999999999"), 200, { events: [] }),
  get("a watch from nonsense", watch("&resourceVersion=abc"), 500, {
    kind: "Status",
    code: 500,
    message: /^resourceVersion: Invalid value: "abc"/,
  }),
  get(
    "a watch of a match",
    watch("&resourceVersion={begin}&resourceVersionMatch=NotOlderThan"),
    422,
    failure(422, "Invalid", /resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided/),
  ),
  get("a watch of one name is a get", `${MAPS}/a?watch=true&timeoutSeconds=1`, 200, { kind: "ConfigMap" }),
];
