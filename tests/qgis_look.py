"""Open a plan in QGIS and tell what it shows; run by the Python that QGIS comes with.

``python3 qgis_look.py OUT PICTURES`` prints one JSON object and draws one picture a layer, and
``project.png`` with all that the project shows.
"""

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def colours(layers, extent, crs, path, size=(500, 500)):
    """Draw layers to a picture; return how many colours a sample of its pixels has."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(crs)
    settings.setExtent(extent)
    settings.setOutputSize(QSize(*size))
    settings.setBackgroundColor(QColor("white"))
    context = QgsExpressionContext()
    context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(layers[0]))
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(str(path))
    return len({image.pixel(x, y) for x in range(0, size[0], 2) for y in range(0, size[1], 2)})


def tree(node):
    """Groups and layers as nested lists."""
    return [
        [child.name(), tree(child)] if hasattr(child, "addGroup") else child.name()
        for child in node.children()
    ]


def layer_record(layer, pictures, crs):
    """What one layer of the project is, and whether anything of it is to be seen."""
    record = {
        "name": layer.name(),
        "valid": layer.isValid(),
        "source": layer.source(),
        "features": layer.featureCount(),
        "spatial": layer.isSpatial(),
    }
    if layer.isSpatial():
        layer.setScaleBasedVisibility(False)
        record["renderer"] = layer.renderer().type()
        record["labels"] = layer.labelsEnabled()
        record["styles"] = layer.styleManager().styles()
        extent = layer.extent()
        extent.grow(20)
        record["colours"] = colours([layer], extent, crs, pictures / f"{layer.id()}.png")
    return record


def look(out, pictures):
    """Look at the project, and at the layers of the GeoPackage opened one by one."""
    project = QgsProject.instance()
    read = project.read(str(out / "plan.qgz"))
    crs = project.crs()
    root = project.layerTreeRoot()
    visible = [
        layer
        for layer in root.layerOrder()
        if root.findLayer(layer.id()).isVisible() and layer.isSpatial()
    ]
    extent = project.viewSettings().defaultViewExtent()
    extent.scale(1.12)  # room around for the labels
    found = {
        "read": read,
        "crs": crs.authid(),
        "title": project.title(),
        "absolute": project.readBoolEntry("Paths", "/Absolute", True)[0],
        "tree": tree(root),
        "colours": colours(visible, extent, crs, pictures / "project.png", (1000, 760)),
        "layers": {
            key: layer_record(layer, pictures, crs)
            for key, layer in sorted(project.mapLayers().items())
        },
        "opened": {},
    }
    for name in sys.argv[3:]:
        layer = QgsVectorLayer(f"{out / 'plan.gpkg'}|layername={name}", name, "ogr")
        fields = layer.fields()
        found["opened"][name] = {
            "renderer": layer.renderer().type(),
            "labels": layer.labelsEnabled(),
            "aliases": {field.name(): field.alias() for field in fields},
            "lists": {
                field.name(): layer.editorWidgetSetup(i).config().get("map")
                for i, field in enumerate(fields)
                if layer.editorWidgetSetup(i).type() == "ValueMap"
            },
        }
    return found


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]), Path(sys.argv[2]))) + "\n")
    sys.stdout.flush()
    os._exit(0)  # QGIS tears down in an order that may crash
