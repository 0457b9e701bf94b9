#pragma once
#include "base/named_value.hpp"

namespace flashcell::quant {

/// Where training images come from when there are none.
enum class PictureMethod { noise, leaves, distill, gdfq, ddaq, coleq, psaq, psaq_v2, sardfq };

inline constexpr NamedValue<PictureMethod> kPictureMethodNames[] = {
    {PictureMethod::noise, "noise"}, {PictureMethod::leaves, "leaves"},   {PictureMethod::distill, "distill"},
    {PictureMethod::gdfq, "gdfq"},   {PictureMethod::ddaq, "ddaq"},       {PictureMethod::coleq, "coleq"},
    {PictureMethod::psaq, "psaq"},   {PictureMethod::psaq_v2, "psaq-v2"}, {PictureMethod::sardfq, "sardfq"}};

/// Drawn without a look at the network.
inline bool is_drawn_blind(PictureMethod method) {
  return method == PictureMethod::noise || method == PictureMethod::leaves;
}

/// A generator, which learns beside the quantized network.
inline bool is_generator(PictureMethod method) {
  return method == PictureMethod::gdfq || method == PictureMethod::ddaq || method == PictureMethod::coleq;
}

/// Looks at a vision transformer's attention.
inline bool looks_at_attention(PictureMethod method) {
  return method == PictureMethod::psaq || method == PictureMethod::psaq_v2 || method == PictureMethod::sardfq;
}

}  // namespace flashcell::quant
