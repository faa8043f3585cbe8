import { ABSENT, ANY, get, patch, post, type Step } from "./step.ts";
import { failure, MAPS, MERGE, map, NS } from "./words.ts";

const META = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const META_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** Lists, pages, selectors, forms. */
export const READING: readonly Step[] = [
  post("two more", MAPS, map("c", { labels: { tier: "two" } }), 201, ANY, { keep: { uidc: "metadata.uid" } }),
  post("three more", MAPS, map("d", { labels: { tier: "two", old: "yes" } }), 201),
  get(
    "list",
    MAPS,
    200,
    {
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: ANY, continue: ABSENT },
      items: [
        { kind: ABSENT, apiVersion: ABSENT, metadata: { name: "a" } },
        { metadata: { name: "{generated}" } },
        { metadata: { name: "c" } },
        { metadata: { name: "d" } },
        { metadata: { name: "kube-root-ca.crt" } },
      ],
    },
    { keep: { rvlist: "metadata.resourceVersion" } },
  ),
  get(
    "first page",
    `${MAPS}?limit=2`,
    200,
    {
      metadata: { continue: ANY, remainingItemCount: 3 },
      items: [{ metadata: { name: "a" } }, { metadata: { name: "{generated}" } }],
    },
    { keep: { continue: "metadata.continue", rvpage: "metadata.resourceVersion" } },
  ),
  patch("changed between pages", `${MAPS}/d`, MERGE, { data: { late: "yes" } }, 200),
  get(
    "second page is as of the first",
    `${MAPS}?limit=2&continue={continue}`,
    200,
    {
      metadata: { resourceVersion: "{rvpage}", remainingItemCount: 1 },
      items: [{ metadata: { name: "c" } }, { metadata: { name: "d" }, data: ABSENT }],
    },
    { keep: { continue2: "metadata.continue" } },
  ),
  get("last page", `${MAPS}?limit=2&continue={continue2}`, 200, {
    metadata: { continue: ABSENT, remainingItemCount: ABSENT },
    items: [{ metadata: { name: "kube-root-ca.crt" } }],
  }),
  get("a bad page", `${MAPS}?limit=2&continue=xx`, 400, failure(400, "BadRequest", /continue key is not valid/)),
  get(
    "a bad limit",
    `${MAPS}?limit=x`,
    400,
    failure(400, "BadRequest", /strconv\.ParseInt: parsing "x": invalid syntax/),
  ),
  get("the cache knows no pages", `${MAPS}?limit=2&resourceVersion=0`, 200, {
    metadata: { continue: ABSENT },
    items: [ANY, ANY, ANY, ANY, ANY],
  }),
  get("as it was", `${MAPS}?resourceVersion={rvlist}&resourceVersionMatch=Exact&labelSelector=old`, 200, {
    metadata: { resourceVersion: "{rvlist}" },
    items: [{ metadata: { name: "d" }, data: ABSENT }],
  }),
  get("not older than", `${MAPS}?resourceVersion={rvlist}&resourceVersionMatch=NotOlderThan&labelSelector=old`, 200, {
    items: [{ metadata: { name: "d" }, data: { late: "yes" } }],
  }),
  get(
    "from the future",
    `${MAPS}?resourceVersion=999999999`,
    504,
    failure(504, "Timeout", /^Timeout: Too large resource version: 999999999, current: \d+$/, {
      retryAfterSeconds: 1,
      causes: [{ reason: "ResourceVersionTooLarge" }],
    }),
  ),
  get(
    "no version",
    `${MAPS}?resourceVersion=abc`,
    400,
    failure(400, "BadRequest", /^invalid resource version: resourceVersion: Invalid value: "abc"/),
  ),
  get(
    "a match without a version",
    `${MAPS}?resourceVersionMatch=Exact`,
    422,
    failure(422, "Invalid", /resourceVersionMatch is forbidden unless resourceVersion is provided/),
  ),
  ...Object.entries({
    "tier=two": ["c", "d"],
    "tier==one": ["a"],
    "tier!=two,tier": ["a"],
    "tier in (one,three),!old": ["a"],
    "tier notin (one),tier": ["c", "d"],
    "tier,!old": ["a", "c"],
  }).map(
    ([selector, names]): Step => ({
      name: `labels ${selector}`,
      path: `${MAPS}?labelSelector=${encodeURIComponent(selector)}`,
      code: 200,
      answer: { items: names.map((name) => ({ metadata: { name } })) },
    }),
  ),
  get(
    "labels that make no sense",
    `${MAPS}?labelSelector=!!a`,
    400,
    failure(400, "BadRequest", "unable to parse requirement: found '!', expected: identifier"),
  ),
  get("fields", `${MAPS}?fieldSelector=metadata.name%3Dc`, 200, { items: [{ metadata: { name: "c" } }] }),
  get(
    "other fields",
    "/api/v1/configmaps?fieldSelector=metadata.namespace%3D{ns},metadata.name!%3Da&labelSelector=tier",
    200,
    { items: [{ metadata: { name: "c" } }, { metadata: { name: "d" } }] },
  ),
  get(
    "fields that cannot be asked for",
    `${MAPS}?fieldSelector=data.x%3D1`,
    400,
    failure(400, "BadRequest", '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"'),
  ),
  get(
    "fields that a pod does not know",
    `${NS}/pods?fieldSelector=spec.x%3D1`,
    400,
    failure(400, "BadRequest", "field label not supported: spec.x"),
  ),
  get(
    "only the metadata of one",
    `${MAPS}/a`,
    200,
    {
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: { name: "a", labels: { tier: "one" } },
      data: ABSENT,
    },
    { accept: META },
  ),
  get(
    "only the metadata of all",
    `${MAPS}?labelSelector=old`,
    200,
    {
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: ANY },
      items: [{ kind: "PartialObjectMetadata", metadata: { name: "d" }, data: ABSENT }],
    },
    { accept: META_LIST },
  ),
  get("one is no list", `${MAPS}/a`, 406, failure(406, "NotAcceptable"), { accept: META_LIST }),
  get("a list is not one", MAPS, 406, failure(406, "NotAcceptable"), { accept: META }),
  get(
    "for people",
    `${MAPS}/a`,
    200,
    {
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      columnDefinitions: ANY,
      rows: [{ cells: ANY, object: { kind: "PartialObjectMetadata", metadata: { name: "a" } } }],
    },
    { accept: TABLE },
  ),
  get("in no form we know", MAPS, 406, failure(406, "NotAcceptable"), { accept: "application/xml" }),
  post(
    "may I?",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    {
      kind: "SelfSubjectAccessReview",
      apiVersion: "authorization.k8s.io/v1",
      spec: { resourceAttributes: { verb: "list", resource: "pods" } },
    },
    201,
    { status: { allowed: true } },
  ),
];
