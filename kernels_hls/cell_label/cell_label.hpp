#pragma once
#include "kernels_hls/cell_label/gather_stage.hpp"
#include "kernels_hls/cell_label/join_cells_stage.hpp"
#include "kernels_hls/cell_label/join_parts_stage.hpp"
#include "kernels_hls/cell_label/measure_stage.hpp"
#include "kernels_hls/cell_label/pack_stage.hpp"
#include "kernels_hls/cell_label/read_stage.hpp"
#include "kernels_hls/cell_label/segment_stage.hpp"
#include "kernels_hls/cell_label/split_stage.hpp"
#include "kernels_hls/cell_label/write_stage.hpp"

namespace flashcell {
namespace kernels {

/// The streams between the stages, with the depths of their FIFOs. Two tokens let a writer and a reader work at the
/// same time. One way leads from stage to stage: nowhere do two parts of it meet again. So whatever the depths of FIFOs
/// and pipelines, and whether these stall or not, each stage's next token comes or its loop ends: no deadlock.
template <class S>
struct Fifos {
  using Words = hls::stream<Word, 2>;
  using Masks = hls::stream<uint64_t, 2>;
  using Groups = hls::stream<RowGroup<S>, 2>;
  using Windows = hls::stream<CellWindow<S>, 2>;
  using Parts = hls::stream<Part<S>, 2>;
  using Measured = hls::stream<MeasuredPart<S>, 2>;
  using Orders = hls::stream<Order<S>, 2>;
  using ObjectWords = hls::stream<ObjectWord, 2>;
};

/// Splitting and joining, which differ between the modes.
template <bool kSplit>
struct Labelling {
  template <class S, class Windows, class Parts>
  static void split(const Job& job, Windows& windows, Parts& parts) {
    split_whole<S>(job, windows, parts);
  }
  template <class S, class Parts, class Orders>
  static void join(const Job& job, Parts& parts, Orders& orders) {
    join_cells<S>(job, parts, orders);
  }
};
template <>
struct Labelling<true> {
  template <class S, class Windows, class Parts>
  static void split(const Job& job, Windows& windows, Parts& parts) {
    split_parts<S>(job, windows, parts);
  }
  template <class S, class Parts, class Orders>
  static void join(const Job& job, Parts& parts, Orders& orders) {
    join_parts<S>(job, parts, orders);
  }
};

// What every kernel has between its frames and its objects' words. Macros, because a dataflow region's streams and
// calls must stand in the body of its own function: FLASHCELL_LABELLING_STREAMS declares them in a function with a
// template parameter S and a `job`, and FLASHCELL_LABELLING_STAGES is the way from `groups` to `object_words`.
#define FLASHCELL_LABELLING_STREAMS                 \
  typename Fifos<S>::Words words("words");          \
  typename Fifos<S>::Groups groups("groups");       \
  typename Fifos<S>::Windows windows("windows");    \
  typename Fifos<S>::Parts parts("parts");          \
  typename Fifos<S>::Measured measured("measured"); \
  typename Fifos<S>::Orders orders("orders");       \
  typename Fifos<S>::ObjectWords object_words("object_words");
#define FLASHCELL_LABELLING_STAGES                                                 \
  FLASHCELL_STAGE(pack_stage<S>(job, groups, windows));                            \
  FLASHCELL_STAGE(Labelling<S::kSplits>::template split<S>(job, windows, parts));  \
  FLASHCELL_STAGE(measure_stage<S>(job, parts, measured));                         \
  FLASHCELL_STAGE(Labelling<S::kSplits>::template join<S>(job, measured, orders)); \
  FLASHCELL_STAGE(gather_stage<S>(job, orders, object_words));

/// All frames of a launch, all stages at the same time.
template <class S>
void label_frames(const Word* frames, const Word* masks, const Word* parameters, const Job& job, Word* results) {
  FLASHCELL_LABELLING_STREAMS
  typename Fifos<S>::Masks mask_groups("masks");
  FLASHCELL_HLS(DATAFLOW)
  FLASHCELL_DATAFLOW(cell_label)
  FLASHCELL_STAGE(read_frames(frames, job, words));
  FLASHCELL_STAGE(read_masks(masks, job, mask_groups));
  FLASHCELL_STAGE(segment_stage<S>(parameters, job, words, mask_groups, groups));
  FLASHCELL_LABELLING_STAGES
  FLASHCELL_STAGE(write_stage(job, object_words, results));
  FLASHCELL_DATAFLOW_END
}

/// One launch; contract/cell_label_launch.hpp says what the buffers hold. A job that does not fit the build is answered
/// by its status in the first header, and nothing else is read or written.
template <class S>
void cell_label(const Word* frames, const Word* masks, const Word* parameters, Word* results, uint32_t frame_count,
                uint32_t sequence) {
  const Job job = check_job<S>(parameters[0], frame_count, sequence);
  if (frame_count == 0) return;
  if (job.status == contract::ResultStatus::done) {
    label_frames<S>(frames, masks, parameters, job, results);
  } else {
    results[0] = refusal_word(job.status, sequence);
  }
}

}  // namespace kernels
}  // namespace flashcell
