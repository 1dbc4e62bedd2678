// The exports of the kernel module. A file per operation; raw pointers in, nothing allocated, no module state.
export { peak } from "./peak";
