package org.octothorpe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.octothorpe.internal.JsonFault;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;

/**
 * A reference case: parameters and tensors of one computation, with the results that it should
 * have.
 *
 * @param file the JSON file
 * @param name its name in reports
 * @param kind which computation
 * @param parameters the JSON file's contents
 * @param tensors inputs and expected results; activations NCHW, filters KCRS
 */
record GoldenCase(
    Path file, String name, String kind, JsonNode parameters, Map<String, HostTensor> tensors) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Returns whether a JSON file describes a case, and is not some other file beside them. */
  static boolean isCase(Path json) throws IOException {
    return parse(json).has("kind");
  }

  /**
   * Reads {@code x.json} and {@code x.safetensors} beside it.
   *
   * @throws IOException if one is missing or corrupt; the message names file and reason
   */
  static GoldenCase read(Path json) throws IOException {
    JsonNode parameters = parse(json);
    String stem = stem(json);
    Path data = json.resolveSibling(stem + ".safetensors");
    if (!Files.exists(data)) {
      throw new IOException(data + " is missing beside " + json.getFileName());
    }
    String kind = parameters.path("kind").asText("");
    String name = parameters.path("case").asText(stem);
    return new GoldenCase(json, name, kind, parameters, Safetensors.read(data).tensors());
  }

  /** Returns a file's name without its extension. */
  static String stem(Path json) {
    String file = json.getFileName().toString();
    return file.substring(0, file.length() - ".json".length());
  }

  private static JsonNode parse(Path json) throws IOException {
    try {
      return JSON.readTree(Files.readAllBytes(json));
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      throw new IOException(json + " is not JSON: " + JsonFault.reason(e), e);
    }
  }

  /** Returns the tensor of a name. */
  HostTensor tensor(String key) {
    HostTensor tensor = tensors.get(key);
    if (tensor == null) {
      throw new IllegalArgumentException("there is no tensor '" + key + "'");
    }
    return tensor;
  }

  /** Returns whether there is a tensor of a name. */
  boolean has(String key) {
    return tensors.containsKey(key);
  }

  /** Returns a parameter. */
  JsonNode parameter(String key) {
    JsonNode value = parameters.get(key);
    if (value == null) {
      throw new IllegalArgumentException("there is no parameter '" + key + "'");
    }
    return value;
  }

  /** Returns the values of a tensor [N,C,H,W] as [N,H,W,C] (a filter [K,C,R,S] as [K,R,S,C]). */
  float[] channelsLast(String key) {
    return tensor(key).permute(0, 2, 3, 1).toFloats();
  }

  /** Returns the same in double. */
  double[] channelsLastDoubles(String key) {
    return tensor(key).permute(0, 2, 3, 1).toDoubles();
  }
}
