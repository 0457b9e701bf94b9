#pragma once
#include "quant_models/synthesize/image_source.hpp"
#include "quant_models/synthesize/input_range.hpp"

namespace flashcell::quant {

/// What pictures of a vision transformer are made to show.
enum class AttentionMethod {
  psaq,     ///< patches that differ from each other: Li et al., PSAQ-ViT, ECCV 2022
  psaq_v2,  ///< the same without a class asked for, and where a student of few bits disagrees: after PSAQ-ViT V2, 2023
  sardfq,   ///< attention at places drawn at random, parts of the picture of classes of their own: after SARDFQ, 2025
};

struct AttentionImageOptions {
  AttentionMethod method = AttentionMethod::psaq;
  int steps = 100;                 ///< of Adam for each batch; the publications' 500 and 1000 are slow without a GPU
  int64_t batch = 8;               ///< images that are changed together
  double learning_rate = 0.2;      ///< the highest, in spreads of the input
  bool low_pass = true;            ///< images are low-passed numbers (Octaves, one): few steps do not get
                                   ///< the noise out that they begin with
  bool closed_form = true;         ///< entropies as if similarities were normally distributed; false: by their density
  double entropy_weight = 1;       ///< of the sum over all attentions (psaq, psaq_v2)
  double class_weight = 1;         ///< of the cross entropy with the class asked for, or the soft labels
  double variation_weight = 0.05;  ///< of total variation: its distance from a published range (psaq), itself (sardfq)
  double prior_weight = 1;         ///< of the attention priors (sardfq)
  double disagreement_weight = 1;  ///< of the distance from the student (psaq_v2)
  int student_bits = 4;            ///< of the student's weights (psaq_v2)
  int threads = 1;                 ///< batches are shared out; the result does not depend on it
};

/// Pictures drawn out of a vision transformer by what its attention shows of them.
/// psaq: the entropies of all layers' patch similarities are made large (patch_similarity.hpp), the output is to say
/// the class asked for, and the total variation is held in U(2500, 3000) for 32 pictures of 3 x 224 x 224, for others
/// in the same measure of each number. psaq_v2 (its equations were not at hand; the form is ours): entropies as above;
/// no class, so that the pictures are not tied to a classifier's output; a student, the network with weights of few
/// bits, whose output distribution the pictures make differ from the network's and which learns from each batch in
/// turn. sardfq (form ours where the text is silent): the attention of the second half of the layers is drawn to
/// attention_prior.hpp's mixtures, layer l of L weighing l / L; one to four boxes of a picture, each enlarged to the
/// whole input, are to be a class of their own, and so is the whole; soft labels; one box and the whole in each step.
/// Classes are drawn evenly.
class AttentionImages : public ImageSource {
 public:
  /// Throws std::invalid_argument for options out of range.
  AttentionImages(InputRange range, const AttentionImageOptions& options);
  DrawnImages draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const override;
  int64_t part() const override { return options_.batch; }

 private:
  InputRange range_;
  AttentionImageOptions options_;
};

}  // namespace flashcell::quant
