import packageJson from "../package.json" with { type: "json" };

/** The one version of the package, both images and the chart. */
export const VERSION: string = packageJson.version;
