#pragma once
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

template <class S>
struct GatherState {
  Features<S> objects[S::kLabels];
};

/// Adds what a component or another part of the object has gathered.
template <class S>
void add_features(const Features<S>& part, Features<S>& object) {
  object.m00 += part.m00;
  object.m10 += part.m10;
  object.m01 += part.m01;
  object.m20 += part.m20;
  object.m11 += part.m11;
  object.m02 += part.m02;
  if (part.first_pixel < object.first_pixel) object.first_pixel = part.first_pixel;
  if (part.left < object.left) object.left = part.left;
  if (part.top < object.top) object.top = part.top;
  if (part.right > object.right) object.right = part.right;
  if (part.bottom > object.bottom) object.bottom = part.bottom;
  for (int i = 0; i < contract::kHlacCount - 1; ++i) {
    FLASHCELL_HLS(UNROLL)
    object.hlac[i] += part.hlac[i];
  }
  for (int bin = 0; bin < contract::kHueBins; ++bin) {
    FLASHCELL_HLS(UNROLL)
    object.hue[bin] += part.hue[bin];
  }
  object.achromatic += part.achromatic;
  object.sum_i += part.sum_i;
  object.sum_ix += part.sum_ix;
  object.sum_iy += part.sum_iy;
  if (part.peak > object.peak) object.peak = part.peak;
}

/// Features by label: adds up components, joins objects that turn out to be one, hands out complete ones.
template <class S>
void gather_stage(hls::stream<Command<S>>& commands, hls::stream<Features<S>>& measured, GatherState<S>& state,
                  hls::stream<Features<S>>& complete, hls::stream<bool>& more) {
  for (bool running = true; running;) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT max = 4 * S::kColumns * S::kColumns)
    const Command<S> command = commands.read();
    switch (command.operation) {
      case Operation::add_new:
        state.objects[command.label.to_int()] = measured.read();
        break;
      case Operation::add:
        add_features(measured.read(), state.objects[command.label.to_int()]);
        break;
      case Operation::merge:
        add_features(state.objects[command.from.to_int()], state.objects[command.label.to_int()]);
        break;
      case Operation::emit:
        complete.write(state.objects[command.label.to_int()]);
        more.write(true);
        break;
      case Operation::end:
        more.write(false);
        running = false;
        break;
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
