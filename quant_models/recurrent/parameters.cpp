#include "quant_models/recurrent/parameters.hpp"

#include <cmath>

namespace flashcell::quant {
namespace {

double gamma_variate(Random& random, double shape) {
  if (shape < 1) return gamma_variate(random, shape + 1) * std::pow(1 - random.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

std::vector<float> even_numbers(Random random, size_t count, double size) {
  std::vector<float> numbers(count);
  for (float& number : numbers) number = static_cast<float>(random.uniform(-size, size));
  return numbers;
}

}  // namespace

double beta_variate(Random& random, double a, double b) {
  const double x = gamma_variate(random, a), y = gamma_variate(random, b);
  return x / (x + y);
}

std::vector<LearnedNumbers> parameters_of(RecurrentNetwork& network) {
  using Kind = LearnedNumbers::Kind;
  std::vector<LearnedNumbers> all;
  for (RecurrentLayer<float>& layer : network.layers) {
    all.push_back({Kind::weights, &layer.input_weights});
    all.push_back({Kind::weights, &layer.recurrent_weights});
    all.push_back({Kind::biases, &layer.input_biases});
    all.push_back({Kind::biases, &layer.recurrent_biases});
    all.push_back({Kind::thresholds, &layer.thresholds});
  }
  for (HeadConvolution& layer : network.head) {
    all.push_back({Kind::embedding, &layer.weights});
    all.push_back({Kind::biases, &layer.biases});
  }
  all.push_back({Kind::embedding, &network.embedding});
  all.push_back({Kind::embedding, &network.projection});
  all.push_back({Kind::embedding, &network.decoder});
  all.push_back({Kind::biases, &network.decoder_biases});
  return all;
}

RecurrentNetwork zeros_like(const RecurrentNetwork& network) {
  RecurrentNetwork zeros;
  zeros.head = network.head;
  zeros.layers = network.layers;
  zeros.embedding = network.embedding;
  zeros.projection = network.projection;
  zeros.decoder = network.decoder;
  zeros.decoder_biases = network.decoder_biases;
  for (const LearnedNumbers& p : parameters_of(zeros)) p.numbers->assign(p.numbers->size(), 0.0F);
  return zeros;
}

void initialize(RecurrentNetwork& network, bool with_embedding, const InitialValues& values) {
  uint64_t place = 0;
  for (RecurrentLayer<float>& layer : network.layers) {
    const auto rows = static_cast<size_t>(layer.rows()), hidden = static_cast<size_t>(layer.hidden);
    const double size = 1 / std::sqrt(static_cast<double>(hidden));
    layer.input_weights = even_numbers({values.seed, {++place}}, rows * static_cast<size_t>(layer.inputs), size);
    layer.recurrent_weights = even_numbers({values.seed, {++place}}, rows * hidden, size);
    layer.input_biases.assign(rows, 0.0F);
    layer.recurrent_biases.assign(rows, 0.0F);
    if (layer.cell == Cell::lstm) std::fill_n(layer.input_biases.begin() + layer.hidden, hidden, 1.0F);
    layer.thresholds.clear();
    if (layer.cell != Cell::egru) continue;
    Random random(values.seed, {++place});
    const double m = values.threshold_mean;
    for (size_t u = 0; u < hidden; ++u)
      layer.thresholds.push_back(static_cast<float>(beta_variate(random, 3 * m / (1 - m), 3)));
  }
  const size_t names = network.names.size(), last = static_cast<size_t>(network.read_units());
  const auto first = static_cast<size_t>(network.inputs());
  network.embedding.clear();
  network.projection.clear();
  network.decoder.clear();
  if (with_embedding) network.embedding = even_numbers({values.seed, {++place}}, names * first, values.embedding);
  if (!with_embedding || first != last)
    network.decoder = even_numbers({values.seed, {++place}}, names * last, values.embedding);
  network.decoder_biases.assign(names, 0.0F);
}

}  // namespace flashcell::quant
