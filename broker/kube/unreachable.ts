/** Says why a connection was not made, and what to look at. */
import { fault, isFault, type RoundsmanError, sayError } from "#sdk/errors.ts";

const CHECKS: readonly (readonly [codes: RegExp, check: string])[] = [
  [/^(ENOTFOUND|EAI_)/, "The name does not resolve: look at the server's address and at this machine's DNS"],
  [/^ECONNREFUSED$/, "Nothing listens there: look at the address and port, and whether the API server runs"],
  [/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/, "Look at firewalls, at the VPN, and whether a proxy is needed"],
  [/^CERT_HAS_EXPIRED$/, "The server's certificate has expired: renew it, or set this machine's clock right"],
  [/^CERT_NOT_YET_VALID$/, "The server's certificate is not valid yet: set this machine's clock right"],
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    "An unknown CA signed the server's certificate: give that CA as certificate-authority of the cluster, or get the kubeconfig anew",
  ],
  [/ALTNAME_INVALID/, "The server's certificate is for other names: use one of these, or set tls-server-name"],
  [
    /BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_REQUIRED|CERTIFICATE_EXPIRED/,
    "The server refuses the client certificate: renew it",
  ],
  [/WRONG_VERSION_NUMBER|EPROTO/, "That port does not speak TLS: look at http:// or https:// in the server's address"],
  [/^ERR_OSSL|PEM/, "A certificate or key cannot be read: get the kubeconfig anew"],
  [/^ECONNRESET$/, "The connection was closed at once: look for a proxy, load balancer or firewall in between"],
];

/** Makes it `kube-unreachable`, unless it is an error of the catalogue already. */
export function unreachable(server: string, e: unknown, proxy?: string): RoundsmanError {
  if (isFault(e)) return e;
  // Several addresses were tried: the first one's failure stands for all.
  const first: unknown = e instanceof AggregateError ? e.errors[0] : e;
  const code = String((first as { code?: unknown } | undefined)?.code ?? "");
  const check = CHECKS.find(([codes]) => codes.test(code))?.[1];
  return fault(
    "kube-unreachable",
    {
      server,
      what: sayError(first),
      check: check ?? `Look at the server's address${proxy === undefined ? "" : " and at the proxy"}`,
    },
    e,
  );
}
