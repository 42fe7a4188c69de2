"""One short tale in every file that people keep tales in, and files that are none."""

import zipfile
from collections import Counter

import pytest

from storyscope.corpus import read_corpus, read_manuscript
from storyscope.corpus.printed import Line, paragraphs_of
from storyscope.errors import CorpusError

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ODF = "urn:oasis:names:tc:opendocument:xmlns"
PARTS = (
    "# Chapter One",
    "It rained hard.",
    "She left — early.",
    "# Chapter Two",
    "“Stay,” he said.",
)
TALE = "\n\n".join(PARTS)


def packed(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def docx(path):
    def p(words, style=""):
        look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f"<w:p>{look}<w:r><w:t>{words}</w:t></w:r></w:p>"

    hard = (
        '<w:ins w:id="1"><w:r><w:t xml:space="preserve"> hard</w:t></w:r></w:ins><w:del w:id="2"><w:r>'
        "<w:delText> softly</w:delText></w:r></w:del><w:r><w:t>.</w:t></w:r>"
        '<w:r><w:footnoteReference w:id="2"/></w:r>'
    )
    body = (
        p("Chapter One", "Heading1") + p("It rained").replace("</w:p>", hard + "</w:p>")
        + p("She left — early.") + p("Chapter Two", "Heading1") + p("“Stay,” he said.")
    )  # fmt: skip
    relation = f'<Relationships xmlns="{PACKAGE}/relationships">%s</Relationships>'
    one = f'<Relationship Id="%s" Type="{OFFICE}/%s" Target="%s"/>'
    return packed(path, {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": relation % (one % ("r1", "officeDocument", "word/document.xml")),
        "word/_rels/document.xml.rels": relation % (
            one % ("r1", "styles", "styles.xml") + one % ("r2", "footnotes", "footnotes.xml")
        ),
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}"><w:style w:type="paragraph" '
        'w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>',
        "word/footnotes.xml": f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:id="2">{p("A note.")}'
        "</w:footnote></w:footnotes>",
    })  # fmt: skip


def odt(path):
    content = (
        f'<o:document-content xmlns:o="{ODF}:office:1.0" xmlns:t="{ODF}:text:1.0"><o:body><o:text>'
        "<t:tracked-changes><t:deletion><t:p>Gone.</t:p></t:deletion></t:tracked-changes>"
        "<t:h>Chapter One</t:h><t:p>It <t:span>rained<t:s/>hard</t:span>.<t:note><t:note-body><t:p>A "
        "note.</t:p></t:note-body></t:note></t:p><t:section><t:p>She left — early.</t:p></t:section>"
        "<t:h>Chapter Two</t:h><t:p>“Stay,” he said.</t:p></o:text></o:body></o:document-content>"
    )
    return packed(path, {"META-INF/manifest.xml": "<manifest/>", "content.xml": content})


def epub(path):
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head><body>%s</body></html>'
    items = {
        "cover": "cover.xhtml",
        "copy": "copyright.xhtml",
        "one": "ch%201.xhtml",
        "two": "b.xhtml",
    }
    manifest = "".join(f'<item id="{k}" href="{v}"/>' for k, v in items.items())
    spine = "".join(f'<itemref idref="{k}"/>' for k in items)
    return packed(path, {
        "META-INF/container.xml": f'<container xmlns="{ODF}:container"><rootfiles>'
        '<rootfile full-path="book/a.opf"/></rootfiles></container>',
        "book/a.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{manifest}</manifest>'
        f"<spine>{spine}</spine></package>",
        "book/cover.xhtml": page % "<p>A cover.</p>",
        "book/copyright.xhtml": page % "<p>All rights.</p>",
        "book/ch 1.xhtml": page % '<h1>Chapter<br/>One</h1><p>It <i>rained</i>\nhard.</p><div>She left '
        '&#8212; early.</div><aside class="footnote"><p>A note.</p></aside>',
        "book/b.xhtml": page % "<h2>Chapter Two</h2><p>“Stay,” he said.</p>",
    })  # fmt: skip


def rtf(path):
    path.write_text(
        r"{\rtf1\ansi{\fonttbl\f0 Times;}{\info{\title T}}\f0 # Chapter One\par It rained hard."
        r"{\footnote A note.}\par She left \emdash  early.\par # Chapter Two\par \ldblquote Stay,"
        r"\rdblquote  he said.\par}"
    )
    return path


@pytest.mark.parametrize(
    ("make", "ending"), [(docx, "docx"), (odt, "odt"), (epub, "epub"), (rtf, "rtf")]
)
def test_a_tale_is_the_same_in_every_kind_of_file(tmp_path, make, ending):
    path = make(tmp_path / f"tale.{ending}")
    found = read_manuscript(path)
    assert found.text == TALE
    assert found.left_out["footnotes left out"] == 1
    (story,) = read_corpus(path, source="human")
    assert (story.id, story.text, story.source) == ("tale", TALE, "human")


def test_pages_of_a_book_that_are_no_story_are_counted(tmp_path):
    corpus = read_corpus(epub(tmp_path / "tale.epub"))
    list(corpus)
    assert (
        corpus.notes[
            "pages left out that are not part of the story (cover, contents, copyright ...)"
        ]
        == 2
    )


NAV = (
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:e="http://www.idpf.org/2007/ops"><body>'
    '<nav e:type="landmarks"><a href="one.xhtml">Begin</a></nav><nav e:type="toc"><ol>'
    '<li><a href="one.xhtml">Salt</a></li><li><a href="one.xhtml#b">The <i>Quay</i></a></li>'
    '<li><a href="two.xhtml#c">Ebb</a></li></ol></nav></body></html>'
)
NCX = (
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>'
    '<navPoint><navLabel><text>Salt</text></navLabel><content src="one.xhtml"/>'
    '<navPoint><navLabel><text>The Quay</text></navLabel><content src="one.xhtml#b"/></navPoint>'
    '</navPoint><navPoint><navLabel><text>Ebb</text></navLabel><content src="two.xhtml#c"/>'
    "</navPoint></navMap></ncx>"
)


@pytest.mark.parametrize(
    ("about", "contents"),
    [
        ('properties="nav" media-type="application/xhtml+xml"', NAV),
        ('media-type="application/x-dtbncx+xml"', NCX),
    ],
    ids=["EPUB 3", "EPUB 2"],
)
def test_chapters_without_headings_are_known_by_the_contents(tmp_path, about, contents):
    book = packed(tmp_path / "a.epub", {
        "META-INF/container.xml": f'<container xmlns="{ODF}:container"><rootfiles>'
        '<rootfile full-path="a.opf"/></rootfiles></container>',
        "a.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
        f'<item id="list" href="list.xhtml" {about}/><item id="one" href="one.xhtml"/>'
        '<item id="two" href="two.xhtml"/></manifest><spine><itemref idref="one"/>'
        '<itemref idref="two"/></spine></package>',
        "list.xhtml": contents,
        "one.xhtml": '<html><body><p class="n">SALT</p><p>It rained.</p><p id="b">She left.</p>'
        "</body></html>",
        "two.xhtml": '<html><body><h2><a id="c"></a>Ebb and Flood</h2><p>He stayed.</p></body></html>',
    })  # fmt: skip
    assert read_manuscript(book).text == (
        "# Salt\n\nIt rained.\n\n# The Quay\n\nShe left.\n\n# Ebb and Flood\n\nHe stayed."
    )


def test_a_printed_page_becomes_paragraphs(tmp_path):
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    lines = [
        "  It rained on",
        "the quay all day.",
        "  She left — early.",
        "  “Stay,” he said,",
        "but no.",
    ]
    with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(tmp_path / "tale.pdf") as file:
        for number, shown in enumerate((lines[:4], lines[4:]), start=1):
            figure = Figure(figsize=(4, 6))
            for k, line in enumerate(shown):
                figure.text(0.2 if line[0] == " " else 0.1, 0.8 - 0.05 * k, line.strip())
            figure.text(0.4, 0.95, f"A TALE {number}")
            file.savefig(figure)
    found = read_manuscript(tmp_path / "tale.pdf")
    assert found.text.split("\n\n") == [
        "It rained on\nthe quay all day.", "She left — early.", "“Stay,” he said,\nbut no.",
    ]  # fmt: skip
    assert found.left_out["page numbers and running heads left out"] == 2


def test_wider_steps_part_paragraphs_and_short_ends_part_them_over_pages():
    long = "She came home at dusk, and he did not."
    page = [Line(10, 90, long), Line(10, 80, "He slept."), Line(10, 60, long)]
    more = "All night they heard the rain on the slates."
    after = [Line(10, 90, more), Line(10, 80, "Snow fell.")]
    assert paragraphs_of([page, after], Counter()) == (
        f"{long}\nHe slept.\n\n{long}\n{more}\nSnow fell."
    )
    page[-1] = Line(10, 60, "It rained.")
    assert f"It rained.\n\n{more}" in paragraphs_of([page, after], Counter())


def test_few_empty_paragraphs_part_scenes_and_many_part_nothing(tmp_path):
    few = [*(f"Line {k}." for k in range(12)), "", "Later."]
    many = [part for k in range(6) for part in (f"Line {k}.", "")]
    for blocks, breaks in ((few, 1), (many, 0)):
        path = tmp_path / "a.rtf"
        path.write_text(r"{\rtf1 " + r"\par ".join(blocks) + "}")
        assert read_manuscript(path).text.count("* * *") == breaks


def test_a_web_page_is_given_as_its_source_in_the_encoding_it_declares(tmp_path):
    page = '<meta charset="iso-8859-1"><p>Her café.</p>'
    (tmp_path / "a.html").write_bytes(page.encode("latin-1"))
    assert read_manuscript(tmp_path / "a.html").text == page


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.doc",
            b"x",
            "ends in '.doc', which is not read; save it as .docx or .txt. Texts end in",
        ),
        ("a.docx", b"PK no more", "a.docx cannot be read: it is damaged"),
        ("a.epub", b"<html>", "a.epub cannot be read: it is damaged"),
        ("a.pdf", b"%PDF-1.4 no more", "a.pdf is not a .pdf file that can be read"),
        ("a.rtf", b"It rained.", "a.rtf cannot be read: it does not begin as rich text does"),
        ("a.rtf", b"{\\rtf1 }", "a.rtf holds no text"),
    ],
)
def test_what_is_no_manuscript_says_what_to_do(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        read_manuscript(tmp_path / name)


def test_a_document_that_unpacks_beyond_all_measure_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("storyscope.corpus.books.MOST_UNPACKED", 100)
    with pytest.raises(CorpusError, match="unpack to over 100 bytes"):
        read_manuscript(epub(tmp_path / "a.epub"))


def test_a_folder_holds_every_kind_and_names_what_is_none(tmp_path):
    (tmp_path / "human").mkdir()
    docx(tmp_path / "human/p1.docx")
    epub(tmp_path / "human/p2.epub")
    (tmp_path / "human/p3.txt").write_text("It rained.")
    (tmp_path / "human/p4.docx").write_text("It is none.")
    (tmp_path / "human/p5.csv").write_text("text\nIt rained.\n")
    (tmp_path / "human/~$p1.docx").write_text("a lock")
    (tmp_path / "human/Thumbs.db").write_text("system")
    corpus = read_corpus(tmp_path)
    assert [s.prompt_id for s in corpus] == ["p1", "p2", "p3"]
    assert [(p.where, p.why.split(";")[0].split(":")[0]) for p in corpus.problems] == [
        ("human/p4.docx", "cannot be read"), ("human/p5.csv", "it is a table"),
    ]  # fmt: skip
