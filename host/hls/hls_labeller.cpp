#include "host/hls/hls_labeller.hpp"

#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "base/aligned_vector.hpp"
#include "base/error.hpp"
#include "host/label/label_checks.hpp"
#include "host/launch/launch_frames.hpp"
#include "host/launch/launch_results.hpp"
#include "kernels_hls/cell_label/cell_label.hpp"
#include "kernels_hls/cell_label/kernel_table.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using kernels::Word;

/// A part of a board's memory.
class WordBuffer {
 public:
  explicit WordBuffer(size_t bytes) : bytes_(bytes) {}
  Word* words() { return reinterpret_cast<Word*>(bytes_.data()); }
  std::byte* bytes() { return bytes_.data(); }

 private:
  static_assert(sizeof(Word) == contract::kWordBytes, "rows of words are rows of bytes");
  RecordVector<std::byte> bytes_;
};

/// For frames larger than any build of a board, with the same sources.
template <bool kSplit>
void largest_kernel(const Word* frames, const Word* masks, const Word* parameters, Word* results, uint32_t frame_count,
                    uint32_t sequence) {
  using Largest = kernels::Sizes<contract::kMaxFrameSide, kSplit, contract::kAllFeatures>;
  kernels::cell_label<Largest>(frames, masks, parameters, results, frame_count, sequence);
}

/// The leanest build that the frame fits into: its tables are as narrow as on a board.
kernels::CellLabelKernel kernel_for(const contract::LabelParameters& p) {
  const contract::KernelBuild* build = contract::leanest_build(p.width, p.height, p.connectivity, p.features);
  if (build != nullptr) return kernels::top_function(build);
  return p.connectivity == Connectivity::cell ? largest_kernel<false> : largest_kernel<true>;
}

class HlsLabeller final : public Labeller {
 public:
  explicit HlsLabeller(const contract::LabelParameters& parameters)
      : parameters_(parameters),
        kernel_(kernel_for(parameters)),
        layout_(layout_for(PixelFormat::rgb8)),  // the largest
        frame_(layout_.frames_buffer_bytes()),
        mask_(layout_.masks_buffer_bytes()),
        job_(layout_.parameters_buffer_bytes()),
        results_(layout_.results_buffer_bytes()),
        reader_(parameters.max_objects) {}

  void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) override {
    check_input(parameters_, mask, pixels, colour_class);
    layout_ = layout_for(pixels.format);
    std::memcpy(job_.bytes(), &layout_.job, sizeof layout_.job);
    write_frame(layout_, pixels, frame_.bytes());
    write_masks(layout_, {&mask, 1}, mask_.bytes());
    kernel_(frame_.words(), mask_.words(), job_.words(), results_.words(), 1, 0);
    const contract::ResultHeader header = read_header(results_.bytes());
    const char* problem = header_problem(layout_, header, 0);
    if (problem == nullptr) problem = reader_.append(layout_, header, results_.bytes(), colour_class, table);
    if (problem != nullptr) throw Error(Fault::bug, fmt::format("hls labeller: {}", problem));
  }

 private:
  LaunchLayout layout_for(PixelFormat format) const { return plan_launch(parameters_, {layout_of(format)}, 1); }

  const contract::LabelParameters parameters_;
  const kernels::CellLabelKernel kernel_;
  LaunchLayout layout_;
  WordBuffer frame_, mask_, job_, results_;
  ResultReader reader_;
};

}  // namespace

std::unique_ptr<Labeller> make_hls_labeller(const contract::LabelParameters& parameters) {
  check_parameters(parameters);
  return std::make_unique<HlsLabeller>(parameters);
}

}  // namespace flashcell::host
