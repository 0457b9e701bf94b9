#pragma once
#include <vector>

#include "quant_models/graph/attention.hpp"
#include "quant_models/synthesize/teacher.hpp"

namespace flashcell::quant {

/// What one attention of a network did with a batch.
struct AttentionValues {
  at::Tensor weights;  ///< behind the softmax: N x heads x tokens x tokens
  at::Tensor output;   ///< N x heads x tokens x D
};

/// A network's output and its attentions, in the graph's order.
struct AttentionPass {
  at::Tensor output;
  std::vector<AttentionValues> attentions;
};

/// A vision transformer as methods see it that look at its attention. Only reads.
class AttentionView {
 public:
  /// Throws ModelError where there is no attention over tokens; `method` is the one that needs it. The teacher outlives
  /// this.
  AttentionView(const Teacher& teacher, const std::string& method);

  size_t count() const { return attentions_.size(); }
  /// Patches along both sides, as the convolution that cuts the image gives them; 0 x 0 where tokens are no such grid.
  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  /// Tokens before the patches that are none, as a class token.
  int64_t others() const { return others_; }

  AttentionPass look(const at::Tensor& images) const;

 private:
  const Teacher& teacher_;
  std::vector<Attention> attentions_;
  int64_t rows_ = 0, columns_ = 0, others_ = 0;
};

}  // namespace flashcell::quant
