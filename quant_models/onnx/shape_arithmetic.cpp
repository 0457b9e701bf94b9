#include <algorithm>
#include <limits>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/operator_context.hpp"

// Exporters compute the targets of reshapes and the like with ONNX nodes on small integer tensors. The graph has fixed
// shapes, so that all of it is worked out while the file is read.
namespace flashcell::quant::onnx {
namespace {

constexpr size_t kMostIntegers = 1 << 16;

Known vector_of(std::vector<int64_t> integers) {
  if (integers.size() > kMostIntegers) throw ModelError("it makes too many integers");
  Known known;
  known.data_type = kInt64;
  known.dims = {static_cast<int64_t>(integers.size())};
  known.integers = std::move(integers);
  return known;
}

// Known integers of at most one dimension.
const Known* small_integers(const OperatorContext& context, int input) {
  const Known* known = context.known(input);
  return known != nullptr && known->integer() && known->dims.size() <= 1 ? known : nullptr;
}

bool all_small_integers(const OperatorContext& context) {
  for (int i = 0; i < context.node().input_size(); ++i)
    if (context.has(i) && small_integers(context, i) == nullptr) return false;
  return context.node().input_size() > 0;
}

Known shape_of(OperatorContext& context) {
  const Known* known = context.known(0);
  const Shape dims = known != nullptr ? known->dims : context.shape(0);
  const auto rank = static_cast<int64_t>(dims.size());
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const int64_t begin = place(context.integer("start", 0)), end = place(context.integer("end", rank));
  return vector_of(begin < end ? std::vector<int64_t>(dims.begin() + begin, dims.begin() + end)
                               : std::vector<int64_t>{});
}

Known gather(const OperatorContext& context) {
  const Known &data = *small_integers(context, 0), &index = *small_integers(context, 1);
  const auto count = static_cast<int64_t>(data.integers.size());
  Known result = vector_of({});
  for (int64_t i : index.integers) {
    if (i < -count || i >= count) throw ModelError("its index " + std::to_string(i) + " is out of range");
    result.integers.push_back(data.integers[static_cast<size_t>(i < 0 ? i + count : i)]);
  }
  result.dims = index.dims;
  return result;
}

Known concat(const OperatorContext& context) {
  std::vector<int64_t> joined;
  for (int i = 0; i < context.node().input_size(); ++i) {
    const std::vector<int64_t> part = context.integers(i, "input");
    joined.insert(joined.end(), part.begin(), part.end());
    if (joined.size() > kMostIntegers) throw ModelError("it makes too many integers");
  }
  return vector_of(std::move(joined));
}

Known slice(const OperatorContext& context) {
  const std::vector<int64_t> data = context.integers(0, "data"), begins = context.attribute_or_input("starts", 1, 10),
                             ends = context.attribute_or_input("ends", 2, 10);
  const std::vector<int64_t> steps =
      context.opset() >= 10 && context.has(4) ? context.integers(4, "steps") : std::vector<int64_t>{1};
  if (begins.size() != 1 || ends.size() != 1 || steps != std::vector<int64_t>{1})
    throw ModelError("only one range with step 1 is supported on integers");
  const auto count = static_cast<int64_t>(data.size());
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? std::max(i, -count) + count : i, 0, count); };
  const int64_t begin = place(begins[0]), end = std::max(begin, place(ends[0]));
  return vector_of({data.begin() + begin, data.begin() + end});
}

int64_t combine(const std::string& type, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  if (type == "Add") overflow = __builtin_add_overflow(a, b, &result);
  if (type == "Sub") overflow = __builtin_sub_overflow(a, b, &result);
  if (type == "Mul") overflow = __builtin_mul_overflow(a, b, &result);
  if (type == "Div") {
    overflow = b == 0 || (a == std::numeric_limits<int64_t>::min() && b == -1);
    result = overflow ? 0 : a / b;
  }
  if (overflow) throw ModelError("its integers overflow or are divided by zero");
  return result;
}

Known combine(const OperatorContext& context) {
  const Known &a = *small_integers(context, 0), &b = *small_integers(context, 1);
  const size_t count = std::max(a.integers.size(), b.integers.size());
  const auto fits = [count](const Known& k) { return k.integers.size() == count || k.integers.size() == 1; };
  if (!fits(a) || !fits(b)) throw ModelError("its integers have different lengths");
  Known result = a.integers.size() == count ? a : b;
  for (size_t i = 0; i < count; ++i)
    result.integers[i] =
        combine(context.type(), a.integers[a.integers.size() == 1 ? 0 : i], b.integers[b.integers.size() == 1 ? 0 : i]);
  return result;
}

Known constant(const OperatorContext& context) {
  if (const auto* value = context.find("value")) return read_tensor(value->t());
  Known known;
  if (context.has_attribute("value_int") || context.has_attribute("value_ints")) {
    known = vector_of(context.integers("value_ints"));
    if (!context.has_attribute("value_int")) return known;
    known.dims = {};
    known.integers = {context.integer("value_int", 0)};
    return known;
  }
  if (const auto* value = context.find("value_float")) {
    known.reals = {value->f()};
  } else if (const auto* values = context.find("value_floats")) {
    known.reals.assign(values->floats().begin(), values->floats().end());
    known.dims = {static_cast<int64_t>(known.reals.size())};
  } else {
    throw ModelError("it holds neither a tensor nor numbers");
  }
  return known;
}

Known filled(const OperatorContext& context) {
  const std::vector<int64_t> dims = context.integers(0, "shape");
  int64_t value = 0;
  if (const auto* attribute = context.find("value")) {
    const Known given = read_tensor(attribute->t());
    if (!given.integer() || given.integers.size() != 1) throw ModelError("only integers are supported here");
    value = given.integers[0];
  }
  if (dims.size() != 1 || dims[0] < 0 || dims[0] > static_cast<int64_t>(kMostIntegers))
    throw ModelError("only short vectors are supported here");
  return vector_of(std::vector<int64_t>(static_cast<size_t>(dims[0]), value));
}

// Other dimensions, the same integers.
Known with_dims(const OperatorContext& context, bool scalar) {
  Known known = *small_integers(context, 0);
  if (known.integers.size() != 1 && scalar) throw ModelError("it squeezes more than one integer into one");
  known.dims = scalar ? Shape{} : Shape{static_cast<int64_t>(known.integers.size())};
  return known;
}

}  // namespace

bool import_shape_arithmetic(OperatorContext& context) {
  const std::string& type = context.type();
  if (type == "Constant") {
    Known known = constant(context);
    context.state().stored_numbers += known.reals.size() + known.integers.size();
    return context.emit_known(std::move(known)), true;
  }
  if (type == "Shape") return context.emit_known(shape_of(context)), true;
  if (!all_small_integers(context)) return false;
  const int inputs = context.node().input_size();
  if (type == "ConstantOfShape") return context.emit_known(filled(context)), true;
  if (type == "Gather" && inputs == 2) return context.emit_known(gather(context)), true;
  if (type == "Concat") return context.emit_known(concat(context)), true;
  if (type == "Slice") return context.emit_known(slice(context)), true;
  if (type == "Unsqueeze") return context.emit_known(with_dims(context, false)), true;
  if (type == "Squeeze") return context.emit_known(with_dims(context, true)), true;
  if (type == "Cast" || type == "Identity") return context.emit_known(*context.known(0)), true;
  if ((type == "Add" || type == "Sub" || type == "Mul" || type == "Div") && inputs == 2)
    return context.emit_known(combine(context)), true;
  return false;
}

}  // namespace flashcell::quant::onnx
