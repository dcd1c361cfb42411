/** A Kubernetes MicroTime: RFC 3339 with exactly six digits, as the API server refuses three. */
export const microTime = (wallMs: number): string => new Date(wallMs).toISOString().replace("Z", "000Z");
