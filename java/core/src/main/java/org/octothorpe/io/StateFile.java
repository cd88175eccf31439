package org.octothorpe.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.internal.JsonFault;

/**
 * {@code state.json} of a checkpoint folder: what the other files must be (size, SHA-256), and what
 * the trainer keeps beside tensors.
 */
final class StateFile {
  /** The file's name. */
  static final String NAME = "state.json";

  private static final int FORMAT = 1;
  private static final long MAX_BYTES = 1 << 26;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final Path path;
  private final JsonNode root;

  private StateFile(Path path, JsonNode root) {
    this.path = path;
    this.root = root;
  }

  /** Returns the state file of a new checkpoint in an empty folder. */
  static StateFile create(Path folder, long images, JsonNode training) {
    ObjectNode root = JSON.createObjectNode();
    root.put("format", FORMAT).put("images", images);
    root.set("training", training);
    root.putObject("files");
    return new StateFile(folder.resolve(NAME), root);
  }

  /**
   * Reads the state file of a checkpoint folder.
   *
   * @throws CorruptFileException if it is missing or breaks a rule
   */
  static StateFile read(Path folder) throws IOException {
    Path path = folder.resolve(NAME);
    if (!Files.isRegularFile(path)) {
      throw new CorruptFileException(folder, "incomplete checkpoint: it has no " + NAME);
    }
    JsonNode root = readJson(path);
    if (root.path("format").asInt() != FORMAT) {
      throw new CorruptFileException(
          path,
          String.format(Locale.ROOT, "\"format\" is %s, must be %d", root.path("format"), FORMAT));
    }
    if (!root.path("images").canConvertToLong() || !root.path("images").isIntegralNumber()) {
      throw new CorruptFileException(
          path,
          String.format(Locale.ROOT, "\"images\" is %s, must be an integer", root.path("images")));
    }
    return new StateFile(path, root);
  }

  /** Parses a JSON file of bounded size; duplicate names are refused. */
  static JsonNode readJson(Path path) throws IOException {
    if (Files.size(path) > MAX_BYTES) {
      throw new CorruptFileException(
          path,
          String.format(Locale.ROOT, "%d bytes, must be at most %d", Files.size(path), MAX_BYTES));
    }
    try {
      return JSON.readTree(Files.readAllBytes(path));
    } catch (JsonProcessingException e) {
      throw new CorruptFileException(path, "no valid JSON: " + JsonFault.reason(e), e);
    }
  }

  /** Returns indented JSON with a line feed at its end. */
  static String toJson(Object value) throws IOException {
    return JSON.writeValueAsString(value) + "\n";
  }

  /** Returns a value as a JSON tree. */
  static JsonNode toTree(Object value) {
    return JSON.valueToTree(value);
  }

  /** Returns the number of images processed when the checkpoint was written. */
  long images() {
    return root.path("images").asLong();
  }

  /** Returns what the trainer keeps beside tensors. */
  JsonNode training() {
    return root.path("training");
  }

  /** Writes a file beside this one and notes its size and hash. */
  void writeNeighbor(String name, AtomicFiles.Content content) throws IOException {
    MessageDigest digest = sha256();
    Path file = path.resolveSibling(name);
    AtomicFiles.writeAndSync(file, out -> content.writeTo(new DigestOutputStream(out, digest)));
    ObjectNode files = root.withObject("/files");
    files
        .putObject(name)
        .put("bytes", Files.size(file))
        .put("sha256", HexFormat.of().formatHex(digest.digest()));
  }

  /** Writes the state file itself, as the last of its folder. */
  void write() throws IOException {
    AtomicFiles.write(path, toJson(root));
  }

  /**
   * Compares a file beside this one with its noted size and hash and returns its path.
   *
   * @throws CorruptFileException if they differ
   */
  Path verifyNeighbor(String name) throws IOException {
    JsonNode noted = root.path("files").path(name);
    Path file = path.resolveSibling(name);
    if (noted.isMissingNode()) {
      throw new CorruptFileException(path, "\"files\" has no entry for " + name);
    }
    if (!Files.isRegularFile(file)) {
      throw new CorruptFileException(file, "incomplete checkpoint: the file is missing");
    }
    if (Files.size(file) != noted.path("bytes").asLong(-1)) {
      throw new CorruptFileException(
          file,
          String.format(
              Locale.ROOT,
              "%d bytes, but %s says %s",
              Files.size(file),
              NAME,
              noted.path("bytes")));
    }
    String found = hash(file);
    if (!found.equals(noted.path("sha256").asText())) {
      throw new CorruptFileException(
          file,
          String.format(
              Locale.ROOT,
              "SHA-256 is %s, but %s says %s",
              found,
              NAME,
              noted.path("sha256").asText()));
    }
    return file;
  }

  private static String hash(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file);
        OutputStream sink = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      in.transferTo(sink);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
