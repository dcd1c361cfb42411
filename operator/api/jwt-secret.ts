/** Whether a value is a JWT secret of the Engine API: 32 bytes as hexadecimal, optional 0x, white space around allowed. */
export const isJwtSecret = (value: string): boolean => /^(0x)?[0-9a-fA-F]{64}$/.test(value.trim());
