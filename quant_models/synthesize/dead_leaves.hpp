#pragma once
#include <ATen/ATen.h>

#include "quant_models/random.hpp"

namespace flashcell::quant {

/// N x C x H x W numbers of mean 0 and variance 1, no two images alike: leaves (ellipses and rectangles of all sizes,
/// smooth, striped or textured, each of one colour) that hide one another. They have edges, even areas and long-range
/// order as photographs do, whatever these show: power falls with the square of the frequency, and channels go
/// together. The area of leaves of a radius falls with its inverse (Lee, Mumford, Huang, Occlusion Models for Natural
/// Images, IJCV 2001: density r^-3); what such images teach a network: Baradad et al., Learning to See by Looking at
/// Noise, NeurIPS 2021; textures inside of leaves: Achddou et al., Synthetic images as a regularity prior for image
/// restoration neural networks, SSVM 2021. Stripes, shades, colours and these textures are ours.
at::Tensor dead_leaves(at::IntArrayRef shape, Random& random);

}  // namespace flashcell::quant
