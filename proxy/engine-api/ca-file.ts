import { X509Certificate } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import type { Clock } from "../clock.ts";
import { WatchedFile } from "./watched-file.ts";

/** A few hundred certificates. */
const CA_FILE_BYTES_MAX = 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Certificates (PEM) that are trusted beside the system's, in a file that is read again when it changes. While the file is
 * missing or bad the system's alone count.
 */
export class CaFile {
  readonly #file: WatchedFile;
  #context: SecureContext | undefined;
  #problem: string | undefined;
  #text: string | undefined;

  constructor(path: string, clock: Clock) {
    this.#file = new WatchedFile(path, { clock, bytesMax: CA_FILE_BYTES_MAX });
  }

  /** What a new connection trusts; undefined: what the system trusts. */
  context(): SecureContext | undefined {
    this.#lookAgain();
    return this.#context;
  }

  /** What is wrong with the file; undefined when all is well. */
  problem(): string | undefined {
    this.#lookAgain();
    return this.#problem;
  }

  /** The next use reads the file again. */
  forget(): void {
    this.#file.forget();
  }

  #lookAgain(): void {
    const look = this.#file.look();
    if (look.kind === "same") return;
    const text = look.kind === "changed" ? look.text : undefined;
    // A context takes some 50 ms to make: not for a file that was only read again.
    if (text !== undefined && text === this.#text) return;
    this.#text = text;
    const certificates = look.kind === "changed" ? (look.text.match(CERTIFICATE) ?? []) : [];
    this.#problem =
      look.kind === "unreadable"
        ? `${this.#file.path}: cannot be read; mount the CA certificates (PEM) there`
        : problemOf(certificates, this.#file.path);
    this.#context =
      this.#problem === undefined
        ? createSecureContext({ ca: [...getCACertificates("default"), ...certificates] })
        : undefined;
  }
}

function problemOf(certificates: readonly string[], path: string): string | undefined {
  if (certificates.length === 0) return `${path}: holds no certificate; it must hold PEM blocks "BEGIN CERTIFICATE"`;
  const bad = certificates.findIndex((certificate) => !isCertificate(certificate));
  return bad === -1 ? undefined : `${path}: certificate ${bad + 1} of ${certificates.length} cannot be read`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
