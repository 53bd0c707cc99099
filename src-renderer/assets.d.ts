/** Files that the bundler takes in beside the sources. */
declare module "*.css";
declare module "*.svg" {
  const address: string;
  export default address;
}
declare module "@fontsource-variable/inter";
