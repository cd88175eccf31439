package org.octothorpe.cli.curate;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.data.curation.VocabularyRule;
import org.octothorpe.data.curation.rules.TagRule;
import org.octothorpe.data.tags.Hashtags;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The verb that says what becomes of hashtags. */
@Command(
    name = "explain",
    description = {
      "Says what becomes of hashtags: which synsets of WordNet 3.0 match, which is chosen, under"
          + " which canonical tag it is kept, or why it is dropped.",
      "Spelling: case, width, '#', spaces, punctuation and invisible characters do not"
          + " count, and plurals are their"
          + " singulars. Of several synsets the most frequent is chosen; among equally frequent ones"
          + " a lemma in lower case before one with capitals, a kind of things before one named"
          + " thing, then WordNet's order. The canonical tag is the synset's first word; where that"
          + " means another synset first, a dot and the id follow.",
      "curate moves a tag to another synset where the tags beside it in the images say so (--senses"
          + " context); --set shows it for a set that is made.",
      "Whether a kept tag is frequent enough for the vocabulary depends on the images."
    },
    footer = {
      "  octothorpe explain brownbear ursusarctos",
      "      two tags of one synset",
      "  octothorpe explain crane",
      "      an ambiguous one; '*' marks the synset that is chosen",
      "  octothorpe explain crane --overrides overrides.tsv",
      "      another choice: the file has a line 'crane', a tab, 'n02012849'; '-' drops a tag",
      "  octothorpe explain crane --set set",
      "      what the tags beside #crane made of it in that set, and which they are",
      "  octothorpe explain crane --vocabulary synsets:imagenet.txt --json",
      "      for a vocabulary of the synsets in a file, n02012849 a line; for programs"
    })
public final class ExplainCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "TAG",
      arity = "1..*",
      description = "Hashtags, with or without '#' (which a shell wants in quotes).")
  private List<String> tags = List.of();

  @Option(
      names = "--vocabulary",
      paramLabel = "V",
      description =
          "wordnet (the default), wordnet-top:N, synsets:FILE (WordNet ids, one per line), top:N or"
              + " file:F (tags, one per line); the last two take tags as they are.")
  private String vocabulary = "wordnet";

  @Option(
      names = "--overrides",
      paramLabel = "FILE",
      description = "Lines of a tag, a tab, and the id of its synset, or - to drop it.")
  private @Nullable Path overrides;

  @Option(
      names = "--set",
      paramLabel = "DIR",
      description =
          "A set of 'curate --senses context': which synset the tags beside a tag gave it there.")
  private @Nullable Path set;

  @Option(names = "--json", description = "Print JSON: a list with an object a tag.")
  private boolean json;

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    try {
      VocabularyRule.checkOption(vocabulary);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
    VocabularyRule vocabularyRule = VocabularyRule.parse(vocabulary, overrides);
    Path madeSet = set;
    TagRule rule =
        madeSet == null
            ? vocabularyRule.tagRule()
            : vocabularyRule.tagRule(madeSet, tags.stream().map(Hashtags::fold).toList());
    boolean asksWordNet = VocabularyRule.merges(vocabulary);
    List<Explanation> explanations =
        tags.stream().flatMap(tag -> Explanation.of(tag, rule, asksWordNet).stream()).toList();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(explanations));
    } else {
      explanations.forEach(explanation -> explanation.print(out));
    }
    out.flush();
    return 0;
  }
}
