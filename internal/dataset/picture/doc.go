// Package picture reads image files as PIL's convert("RGB") does, byte for byte but for the rounding of JPEG, and resizes
// them as torchvision does to PIL images. A format is one row of formats; what it needs beyond a decoder of an image
// package stands in a file of its own.
package picture
