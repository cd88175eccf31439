package org.octothorpe.cli.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;

/**
 * One case of a folder of reference values: parameters in {@code name.json}, tensors in {@code name.safetensors}.
 *
 * @param folder the folder
 * @param name the file name without its ending
 * @param json the parameters
 * @param tensors the tensors
 */
record GoldenCase(Path folder, String name, JsonNode json, Safetensors tensors) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Returns the names of the cases of a folder: the JSON files that have a tensor file beside them. */
  static List<String> names(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new CommandFailure(folder + " is no folder; replay takes a folder of NAME.json and NAME.safetensors files");
    }
    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".safetensors"))
          .map(f -> f.substring(0, f.length() - ".safetensors".length()))
          .sorted()
          .forEach(names::add);
    }
    if (names.isEmpty()) {
      throw new CommandFailure(folder + " holds no case: replay takes a folder of NAME.json and NAME.safetensors files");
    }
    return names;
  }

  static GoldenCase read(Path folder, String name) throws IOException {
    JsonNode json = MAPPER.readTree(folder.resolve(name + ".json").toFile());
    return new GoldenCase(folder, name, json, Safetensors.read(folder.resolve(name + ".safetensors")));
  }

  String kind() {
    return text("kind");
  }

  boolean has(String tensor) {
    return tensors.tensors().containsKey(tensor);
  }

  HostTensor tensor(String key) {
    HostTensor tensor = tensors.tensors().get(key);
    if (tensor == null) {
      throw new CommandFailure(name + ".safetensors has no tensor '" + key + "', which its kind needs");
    }
    return tensor;
  }

  double[] values(String key) {
    return tensor(key).toDoubles();
  }

  String text(String key) {
    return field(key).asText();
  }

  double number(String key) {
    return field(key).asDouble();
  }

  long integer(String key) {
    return field(key).asLong();
  }

  long integer(String key, int index) {
    return field(key).get(index).asLong();
  }

  boolean flag(String key) {
    return json.path(key).asBoolean(false);
  }

  private JsonNode field(String key) {
    JsonNode node = json.get(key);
    if (node == null) {
      throw new CommandFailure(name + ".json has no field '" + key + "'");
    }
    return node;
  }
}
