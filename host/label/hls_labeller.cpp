// The FPGA kernel's own top functions, run on the CPU.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "base/error.hpp"
#include "host/label/label_checks.hpp"
#include "host/label/labeller.hpp"
#include "host/label/object_selection.hpp"
#include "kernels_hls/cell_label/cell_label.hpp"
#include "kernels_hls/cell_label/kernel_table.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using kernels::Word;

/// Words of a board's memory. Pages that are never written cost nothing.
class WordBuffer {
 public:
  explicit WordBuffer(size_t words)
      : words_(
            static_cast<Word*>(std::aligned_alloc(contract::kWordBytes, std::max<size_t>(1, words) * sizeof(Word)))) {
    if (!words_) throw std::bad_alloc();
  }
  Word* words() { return words_.get(); }
  std::byte* bytes() { return reinterpret_cast<std::byte*>(words_.get()); }

 private:
  struct Free {
    void operator()(Word* words) const { std::free(words); }
  };
  static_assert(sizeof(Word) == contract::kWordBytes, "rows of words are rows of bytes");
  std::unique_ptr<Word[], Free> words_;
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

/// Objects that a frame can hold at most.
uint64_t most_objects(const contract::LabelParameters& p) {
  const uint64_t width = p.width, height = p.height;
  if (p.connectivity == Connectivity::exact4) return (width * height + 1) / 2;
  const uint64_t side = p.connectivity == Connectivity::cell ? 2 * contract::kCellSide : 2;
  return ((width + side - 1) / side) * ((height + side - 1) / side);
}

contract::PixelLayout layout_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::grey16:
      return contract::PixelLayout::grey16;
    case PixelFormat::rgb8:
      return contract::PixelLayout::rgb8;
    case PixelFormat::bgr8:
      return contract::PixelLayout::bgr8;
    default:
      return contract::PixelLayout::grey8;
  }
}

class HlsLabeller final : public Labeller {
 public:
  explicit HlsLabeller(const contract::LabelParameters& parameters)
      : parameters_(parameters),
        needs_pixels_((parameters.features & (contract::kFeatureHue | contract::kFeatureIntensity)) != 0),
        kernel_(kernel_for(parameters)),
        job_(make_job(parameters)),
        most_row_words_(contract::words_for(uint64_t{3} * parameters.width)),
        frame_(needs_pixels_ ? size_t{most_row_words_} * parameters.height : 0),
        mask_(job_.mask_words),
        parameter_words_(1),
        results_(job_.result_words) {}

  void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) override {
    check_input(parameters_, mask, pixels, colour_class);
    send(mask, pixels);
    kernel_(frame_.words(), mask_.words(), parameter_words_.words(), results_.words(), 1, 0);
    receive(colour_class, table);
  }

 private:
  static contract::CellLabelJob make_job(const contract::LabelParameters& p) {
    contract::CellLabelJob job{};
    job.contract_version = contract::kContractVersion;
    job.width = static_cast<uint16_t>(p.width);
    job.height = static_cast<uint16_t>(p.height);
    job.min_area = p.min_area;
    job.max_area = p.max_area;
    // Whatever the order inside a row of cells, the first max_objects are there.
    const uint64_t in_order = p.max_objects + uint64_t{2} * contract::objects_of_cell_row(p.connectivity, p.width);
    job.capacity = static_cast<uint32_t>(std::min(in_order, most_objects(p)));
    job.mask_row_words = contract::words_for((p.width + 7) / 8);
    job.mask_words = job.mask_row_words * p.height;
    job.result_words = 1 + job.capacity * contract::words_per_object(p.features);
    job.segmentation = contract::Segmentation::given;
    job.connectivity = p.connectivity;
    job.features = p.features;
    job.classes = 1;
    job.min_cell_pixels = p.min_cell_pixels;
    job.saturation_floor = p.saturation_floor;
    job.value_floor = p.value_floor;
    return job;
  }

  void send(const BitImage& mask, const FrameView& pixels) {
    for (int y = 0; y < mask.height(); ++y) {
      std::memcpy(mask_.bytes() + static_cast<size_t>(y) * job_.mask_row_words * contract::kWordBytes, mask.row(y),
                  static_cast<size_t>(mask.words_per_row()) * sizeof(uint64_t));
    }
    if (needs_pixels_) {
      const size_t row_bytes = static_cast<size_t>(pixels.width) * bytes_per_pixel(pixels.format);
      job_.layout = layout_of(pixels.format);
      job_.row_words = contract::words_for(row_bytes);
      job_.frame_words = job_.row_words * parameters_.height;
      for (int y = 0; y < pixels.height; ++y) {
        std::memcpy(frame_.bytes() + static_cast<size_t>(y) * job_.row_words * contract::kWordBytes, pixels.row(y),
                    row_bytes);
      }
    }
    std::memcpy(parameter_words_.bytes(), &job_, sizeof job_);
  }

  void receive(uint32_t colour_class, ObjectTable& table) {
    contract::ResultHeader header;
    std::memcpy(&header, results_.bytes(), sizeof header);
    if (header.status != contract::ResultStatus::done) {
      throw Error(Fault::bug, fmt::format("hls labeller: the kernel refused its job with status {}",
                                          static_cast<uint32_t>(header.status)));
    }
    const size_t stride = contract::words_per_object(parameters_.features) * size_t{contract::kWordBytes};
    records_.resize(header.objects);
    features_.resize(parameters_.features != 0 ? header.objects : 0);
    candidates_.clear();
    for (uint32_t i = 0; i < header.objects; ++i) {
      const std::byte* object = results_.bytes() + sizeof header + i * stride;
      std::memcpy(&records_[i], object, sizeof records_[i]);
      if (!features_.empty()) std::memcpy(&features_[i], object + sizeof records_[i], sizeof features_[i]);
      records_[i].class_id = colour_class;
      candidates_.push_back({records_[i].first_pixel, i, records_[i].bottom});
    }
    const size_t kept = select_objects(candidates_, parameters_.max_objects, table);
    append_objects({candidates_.data(), kept}, records_, features_, table);
    table.summary.lost += header.lost;
    table.summary.filtered += header.filtered;
    table.summary.foreground += header.foreground;
  }

  const contract::LabelParameters parameters_;
  const bool needs_pixels_;
  const kernels::CellLabelKernel kernel_;
  contract::CellLabelJob job_;
  const uint32_t most_row_words_;
  WordBuffer frame_, mask_, parameter_words_, results_;
  std::vector<contract::ObjectRecord> records_;
  std::vector<contract::ObjectFeatures> features_;  // of each record, where any are measured
  std::vector<Candidate> candidates_;
};

}  // namespace

std::unique_ptr<Labeller> make_hls_labeller(const contract::LabelParameters& parameters) {
  check_parameters(parameters);
  return std::make_unique<HlsLabeller>(parameters);
}

}  // namespace flashcell::host
