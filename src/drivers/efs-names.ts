// The names that Amazon EFS gives to things.

export const FILE_SYSTEM_ID = /^fs-[0-9a-f]{8,40}$/;
export const ACCESS_POINT_ID = /^fsap-[0-9a-f]{8,40}$/;
export const REGION = /^[a-z]{2,4}(-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** The id in `fs-0123456789abcdef0.efs.eu-central-1.amazonaws.com`, with or without the name of a zone in front. */
export function fileSystemOf(name: string): string | undefined {
  return /^(?:[a-z0-9-]+\.)?(fs-[0-9a-f]{8,40})\.efs\./.exec(name)?.[1];
}
