package org.octothorpe.cli.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.models.ResNeXt;

/**
 * What the metadata of a model's file say, as far as this program wrote them. Texts under the same
 * names that other programs wrote are kept separately.
 *
 * @param architecture the network; null if it is not said
 * @param imageSize rows and columns of the images in training; 0 if it is not said
 * @param vocabulary the tags of the outputs; empty if they are not said
 * @param foreign the texts under these names that are not this program's, by name
 */
record ModelMetadata(
    @Nullable ResNeXt architecture,
    int imageSize,
    List<String> vocabulary,
    Map<String, String> foreign) {
  static final String ARCHITECTURE = "architecture";
  static final String IMAGE_SIZE = "image_size";
  static final String VOCABULARY = "vocabulary";

  private static final int MAX_PIXELS = 4096;
  private static final int MAX_STAGES = 16;
  private static final int MAX_BLOCKS = 1000;
  private static final int MAX = 9999;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();
  private static final JavaType TEXTS =
      JSON.getTypeFactory().constructCollectionType(ArrayList.class, String.class);

  /** Reads metadata. */
  static ModelMetadata of(Map<String, String> texts) {
    Map<String, String> foreign = new LinkedHashMap<>();
    ResNeXt architecture = null;
    int imageSize = 0;
    List<String> vocabulary = List.of();
    String text = texts.get(ARCHITECTURE);
    if (text != null) {
      architecture = architecture(text);
      if (architecture == null) {
        foreign.put(ARCHITECTURE, text);
      }
    }
    text = texts.get(IMAGE_SIZE);
    if (text != null) {
      imageSize = imageSize(text);
      if (imageSize == 0) {
        foreign.put(IMAGE_SIZE, text);
      }
    }
    text = texts.get(VOCABULARY);
    if (text != null) {
      vocabulary = vocabulary(text);
      if (vocabulary.isEmpty()) {
        foreign.put(VOCABULARY, text);
      }
    }
    return new ModelMetadata(architecture, imageSize, vocabulary, foreign);
  }

  private static @Nullable ResNeXt architecture(String text) {
    try {
      ResNeXt network = JSON.readValue(text, ResNeXt.class);
      return network == null || !isPlausible(network) ? null : network;
    } catch (JsonProcessingException e) {
      return null; // also where a number is one that no network has
    }
  }

  /** Keeps sizes of tensors, which are products of these, far from the limits of the arithmetic. */
  private static boolean isPlausible(ResNeXt network) {
    return network.layers().size() <= MAX_STAGES
        && network.groups() <= MAX
        && network.widthPerGroup() <= MAX
        && network.stemChannels() <= MAX
        && network.layers().stream().allMatch(blocks -> blocks <= MAX_BLOCKS)
        && network.planes().stream().allMatch(planes -> planes <= MAX);
  }

  private static int imageSize(String text) {
    if (!text.matches("[0-9]{1,4}")) {
      return 0;
    }
    int pixels = Integer.parseInt(text);
    return pixels <= MAX_PIXELS ? pixels : 0;
  }

  private static List<String> vocabulary(String text) {
    try {
      JsonNode tree = JSON.readTree(text);
      for (JsonNode tag : tree) {
        if (!tag.isTextual()) {
          return List.of();
        }
      }
      return tree.isArray() ? JSON.convertValue(tree, TEXTS) : List.of();
    } catch (JsonProcessingException e) {
      return List.of();
    }
  }
}
