import { errors, jwtVerify, SignJWT } from "jose";

/** An execution client accepts a token this much older or newer than its own clock (E-2). */
const IAT_TOLERANCE_S = 60;

/** The key of a JWT secret file's 64 hex characters. */
export const jwtKey = (secretHex: string): Uint8Array => Buffer.from(secretHex.replace(/^0x/, "").trim(), "hex");

/** A token as op-node makes for every request: HS256, `iat` alone (E-2). */
export const mintJwt = (key: Uint8Array, nowS: number): Promise<string> =>
  new SignJWT().setProtectedHeader({ alg: "HS256", typ: "JWT" }).setIssuedAt(nowS).sign(key);

/** Why an execution client answers 401 to this Authorization header, in its words; undefined when it lets the call in. */
export async function jwtProblem(
  authorization: string | undefined,
  key: Uint8Array,
  nowS: number,
): Promise<string | undefined> {
  const token = authorization?.match(/^Bearer (.+)$/)?.[1];
  if (token === undefined) return "missing token";
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], currentDate: new Date(nowS * 1000) });
    if (payload.iat === undefined) return "missing issued-at";
    if (nowS - payload.iat > IAT_TOLERANCE_S) return "stale token";
    if (payload.iat - nowS > IAT_TOLERANCE_S) return "future token";
    return undefined;
  } catch (error) {
    return error instanceof errors.JOSEError ? error.message : "invalid token";
  }
}
